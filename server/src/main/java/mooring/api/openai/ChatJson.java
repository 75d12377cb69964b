package mooring.api.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import mooring.catalog.AnswerProfile;
import mooring.ids.RequestId;
import mooring.inference.FinishReason;
import mooring.inference.JsonText;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.money.Money;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// The pieces of JSON that streamed and whole answers share.
public final class ChatJson {

    private ChatJson() {}

    /// An answer's id as OpenAI's clients expect it; the digits are the request id's.
    static String answerId(RequestId id) {
        return "chatcmpl-" + id.toString().substring("req_".length());
    }

    static void writeUsage(JsonGenerator json, Usage usage, AnswerProfile profile)
            throws IOException {
        json.writeObjectFieldStart("usage");
        json.writeNumberField("prompt_tokens", usage.prompt());
        json.writeNumberField("completion_tokens", usage.output());
        json.writeNumberField("total_tokens", usage.total());
        if (profile == AnswerProfile.MOONSHOT) {
            json.writeNumberField("cached_tokens", usage.cacheRead());
        }
        json.writeObjectFieldStart("prompt_tokens_details");
        json.writeNumberField("cached_tokens", usage.cacheRead());
        json.writeEndObject();
        json.writeObjectFieldStart("completion_tokens_details");
        json.writeNumberField("reasoning_tokens", usage.reasoning());
        json.writeEndObject();
        json.writeEndObject();
    }

    /// Earlier thoughts under the names that clients look for.
    static void writeReasoning(JsonGenerator json, String reasoning, AnswerProfile profile)
            throws IOException {
        json.writeStringField("reasoning_content", reasoning);
        if (profile == AnswerProfile.OPENAI) {
            // Clients read one name or the other.
            json.writeStringField("reasoning", reasoning);
        }
    }

    /// The usage as an object of its own.
    static ObjectNode usage(Usage usage) {
        ObjectNode json =
                Json.MAPPER
                        .createObjectNode()
                        .put("prompt_tokens", usage.prompt())
                        .put("completion_tokens", usage.output())
                        .put("total_tokens", usage.total());
        json.putObject("prompt_tokens_details").put("cached_tokens", usage.cacheRead());
        json.putObject("completion_tokens_details").put("reasoning_tokens", usage.reasoning());
        return json;
    }

    /// What the request cost, as an object of its own.
    public static ObjectNode receipt(Receipt receipt) {
        ObjectNode json = Json.MAPPER.createObjectNode().put("request_id", receipt.id().toString());
        json.set("cost", money(receipt.charge()));
        if (receipt.available() != null) {
            json.set("balance", money(receipt.available()));
        }
        return json;
    }

    private static ObjectNode money(Money money) {
        return Json.MAPPER
                .createObjectNode()
                .put("amount", money.text())
                .put("currency", money.currency().code());
    }

    /// What the request cost, beside its usage: `{"request_id", "cost", "balance"}`.
    static void writeReceipt(JsonGenerator json, Receipt receipt) throws IOException {
        json.writeObjectFieldStart("mooring");
        json.writeStringField("request_id", receipt.id().toString());
        writeMoney(json, "cost", receipt.charge());
        if (receipt.available() != null) {
            writeMoney(json, "balance", receipt.available());
        }
        json.writeEndObject();
    }

    private static void writeMoney(JsonGenerator json, String field, Money money)
            throws IOException {
        json.writeObjectFieldStart(field);
        json.writeStringField("amount", money.text());
        json.writeStringField("currency", money.currency().code());
        json.writeEndObject();
    }

    static String finishReason(FinishReason reason) {
        return switch (reason) {
            case STOP -> "stop";
            case LENGTH -> "length";
            case TOOL_CALLS -> "tool_calls";
            case CONTENT_FILTER -> "content_filter";
        };
    }

    /// The tier as OpenAI's clients know it.
    public static String serviceTier(ServiceTier tier) {
        return switch (tier) {
            case STANDARD -> "default";
            case BATCH -> "flex";
            case PRIORITY -> "priority";
        };
    }

    /// Both together; most answers have none.
    static Map<String, JsonText> with(Map<String, JsonText> sofar, Map<String, JsonText> more) {
        if (more.isEmpty()) {
            return sofar;
        }
        Map<String, JsonText> both = new HashMap<>(sofar);
        both.putAll(more);
        return both;
    }

    static void writeExtras(JsonGenerator json, Map<String, JsonText> extras) throws IOException {
        for (Map.Entry<String, JsonText> extra : extras.entrySet()) {
            json.writeFieldName(extra.getKey());
            json.writeRawValue(extra.getValue().text());
        }
    }

    static void writeRaw(JsonGenerator json, String field, @Nullable JsonText value)
            throws IOException {
        json.writeFieldName(field);
        if (value == null) {
            json.writeNull();
        } else {
            json.writeRawValue(value.text());
        }
    }
}
