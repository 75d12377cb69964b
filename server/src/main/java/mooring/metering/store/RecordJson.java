package mooring.metering.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.metering.Release;
import mooring.metering.UsageRecord;

/// A usage record as text for the people who look into conflicts and quarantine.
final class RecordJson {

    private RecordJson() {}

    static String of(UsageRecord record) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("request", record.id().toString());
        json.put("organization", record.accepted().organization().toString());
        json.put("project", record.accepted().project().toString());
        json.put("key", record.accepted().key().toString());
        json.put("wallet", record.hold().wallet().toString());
        json.put("model", record.accepted().model().text());
        json.put("tier", RowText.tier(record.accepted().tier()));
        json.put("client_request_id", record.accepted().clientRequestId());
        json.put("admitted_at", record.accepted().admittedAt().toString());
        json.put("finished_at", record.finishedAt().toString());
        json.put("streamed", record.accepted().streamed());
        json.put("ending", record.ending().name());
        json.put("estimated", record.estimated());
        Usage usage = record.usage();
        json.put("input_uncached", usage.inputUncached());
        json.put("cache_read", usage.cacheRead());
        json.put("cache_write_5m", usage.cacheWrite5m());
        json.put("cache_write_1h", usage.cacheWrite1h());
        json.put("output", usage.output());
        json.put("reasoning", usage.reasoning());
        if (!record.calls().isEmpty()) {
            json.set("calls", Json.MAPPER.valueToTree(record.calls()));
        }
        json.put("price_version", record.accepted().priceVersion().toString());
        json.put("currency", record.charge().currency().code());
        json.put("charge_nanos", record.charge().nanos());
        return printable(json);
    }

    static String of(Release release) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("request", release.id().toString());
        json.put("organization", release.accepted().organization().toString());
        json.put("project", release.accepted().project().toString());
        json.put("key", release.accepted().key().toString());
        json.put("model", release.accepted().model().text());
        json.put("client_request_id", release.accepted().clientRequestId());
        json.put("admitted_at", release.accepted().admittedAt().toString());
        json.put("finished_at", release.finishedAt().toString());
        json.put("released", release.problem());
        return printable(json);
    }

    private static String printable(ObjectNode json) {
        // A zero character in a caller's text is the one thing that jsonb cannot hold.
        return json.toString().replace("\\u0000", "\\ufffd");
    }

    static byte[] hash(String json) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(json.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
