package mooring.cli;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Answers as the contract shapes them.
final class Samples {
    static final String BALANCE =
            """
            {"currency": "USD", "available": "4.999123456", "voucher": "4.00",
             "cash": "0.999123456", "posted": "5.000000000", "held": "0.000876544"}\
            """;
    static final String ACME =
            """
            {"id": "org_1", "name": "acme", "currency": "USD", "zone": "UTC",
             "created_at": "2026-11-22T09:30:00Z", "balance": %s}\
            """
                    .formatted(BALANCE);
    static final String KIWI =
            """
            {"id": "org_2", "name": "Ngā Tamariki 漢字", "currency": "NZD", "zone": "Pacific/Auckland",
             "created_at": "2026-11-22T09:31:00Z",
             "balance": {"currency": "NZD", "available": "0", "voucher": "0", "cash": "0", "posted": "0",
              "held": "0"}}\
            """;
    static final String ORGANIZATIONS =
            "{\"data\": [" + ACME + "," + KIWI + "], \"next_cursor\": null}";
    static final String KEY =
            """
            {"id": "key_1", "organization_id": "org_1", "project_id": "proj_1", "name": "laptop", "prefix": "sk-mo-ab",
             "created_at": "2026-11-22T09:30:00Z", "revoked_at": null,
             "last_used_at": "2026-11-22T10:00:00Z"}\
            """;
    static final String CREATED_KEY = KEY.replace("{\"id\"", "{\"secret\": \"sk-new\", \"id\"");
    static final String REVOKED_KEY =
            KEY.replace("\"revoked_at\": null", "\"revoked_at\": \"2026-11-22T11:00:00Z\"");
    static final String PROJECT =
            """
            {"id": "proj_1", "organization_id": "org_1", "name": "default", "standard": true,
             "created_at": "2026-11-22T09:30:00Z"}\
            """;
    static final String BUDGET =
            """
            {"id": "bud_1", "organization_id": "org_1", "scope": "organization",
             "project_id": null, "key_id": null, "period": "day",
             "limit": {"amount": "2.50", "currency": "USD"}, "thresholds": [50, 80, 100],
             "created_at": "2026-11-22T09:30:00Z", "starts_on": "2026-11-22",
             "resets_at": "2026-11-23T00:00:00Z",
             "spent": {"amount": "1.25", "currency": "USD"},
             "held": {"amount": "0.000876544", "currency": "USD"},
             "left": {"amount": "1.249123456", "currency": "USD"}}\
            """;
    static final String ALLOWLIST =
            "{\"organization_id\": \"org_1\", \"networks\": [\"10.0.0.0/8\"]}";

    static final String LIMITS =
            """
            {"organization_id": "org_1", "recharged": {"amount": "12.00", "currency": "USD"},
             "tier": "tier1", "given_tier": null,
             "limits": {"concurrency": 50, "rpm": 500, "tpm": 2000000, "tpd": null},
             "models": [{"model": "acme-large",
                         "concurrency": 5, "rpm": null, "tpm": null, "tpd": null}],
             "own": [{"scope": "organization", "project_id": null, "key_id": null, "model": null,
                      "concurrency": null, "rpm": 500, "tpm": null, "tpd": null},
                     {"scope": "key", "project_id": null, "key_id": "key_1", "model": null,
                      "concurrency": null, "rpm": 10, "tpm": null, "tpd": null}],
             "tiers": [{"name": "tier0", "recharge": {"amount": "0.00", "currency": "USD"},
                        "concurrency": 1, "rpm": 3, "tpm": 500000, "tpd": 1500000}]}\
            """;
    static final String CREDIT =
            """
            {"transfer_id": "trf_1", "amount": "25.00", "currency": "USD", "kind": "paid",
             "expires_at": null, "reason": "welcome", "balance": %s}\
            """
                    .formatted(BALANCE);
    static final String CHARGE_BACK =
            """
            {"transfer_id": "trf_2", "amount": "25.00", "currency": "USD", "reason": "reversed",
             "owed": "1.50", "balance": %s}\
            """
                    .formatted(BALANCE);
    static final String LOT =
            """
            {"id": "lot_1", "kind": "promotional", "priority": 50, "currency": "USD",
             "amount": "5.00", "remaining": "4.00", "expires_at": "2026-12-22T09:30:00Z",
             "transfer_id": "trf_1", "created_at": "2026-11-22T09:30:00Z"}\
            """;
    static final String TRANSFER =
            """
            {"id": "trf_1", "kind": "promotion", "currency": "USD", "amount": "5.00",
             "change": "5.00", "reason": "welcome", "reference": "vch_1",
             "booked_at": "2026-11-22T09:30:00Z"}\
            """;
    static final String VOUCHER =
            """
            {"id": "vch_1", "hint": "MV-7Q2XK", "state": "open", "kind": "promotional",
             "priority": 50, "amount": "5.00", "currency": "USD", "credit_expires_at": null,
             "credit_days": 30, "reason": "welcome", "redemptions": 2, "max_redemptions": 10,
             "once_per_organization": true, "valid_until": "2026-12-31T00:00:00Z",
             "created_at": "2026-11-22T09:30:00Z", "revoked_at": null}\
            """;
    static final String CREATED_VOUCHER =
            VOUCHER.replace("{\"id\"", "{\"code\": \"MV-7Q2XK-1-2-3-4\", \"id\"");
    static final String REVOKED_VOUCHER =
            VOUCHER.replace("\"revoked_at\": null", "\"revoked_at\": \"2026-11-22T11:00:00Z\"");
    static final String REDEMPTION =
            """
            {"voucher_id": "vch_1", "transfer_id": "trf_1", "lot_id": "lot_1",
             "kind": "promotional", "amount": "5.00", "currency": "USD",
             "expires_at": "2026-12-22T09:30:00Z", "balance": %s}\
            """
                    .formatted(BALANCE);
    static final String USAGE_NUMBERS =
            """
            "requests": 12, "input_uncached_tokens": 3400, "cache_read_tokens": 1200,
            "cache_write_tokens": 0, "output_tokens": 560, "reasoning_tokens": 60,
            "cost": {"amount": "0.001234567", "currency": "USD"},
            "adjusted": {"amount": "-0.0001", "currency": "USD"}\
            """;
    static final String USAGE =
            """
            {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z", "zone": "UTC",
             "silent_nodes": [], "group_by": ["model", "day"],
             "data": [{"model": "smollm2-135m", "day": "2026-11-22", %s}], "totals": {%s}}\
            """
                    .formatted(USAGE_NUMBERS, USAGE_NUMBERS);
    static final String REQUEST =
            """
            {"id": "req_1", "client_request_id": null, "project_id": "proj_1", "key_id": "key_1",
             "model": "smollm2-135m", "tier": "standard", "state": "settled", "status": "stop",
             "started_at": "2026-11-22T10:00:00Z", "finished_at": "2026-11-22T10:00:01Z",
             "streamed": true, "finish_reason": "stop", "estimated": false, "replica": "smollm2/0",
             "attempts": 1, "archived": false, "input_uncached_tokens": 34,
             "cache_read_tokens": 0, "cache_write_tokens": 0, "output_tokens": 2,
             "reasoning_tokens": 0, "price_version": "prc_1",
             "cost": {"amount": "0.0000042", "currency": "USD"},
             "payable": {"amount": "0.0000042", "currency": "USD"},
             "shortfall": {"amount": "0.00", "currency": "USD"},
             "adjusted": {"amount": "-0.000001", "currency": "USD"}}\
            """;
    static final String ADJUSTMENT =
            """
            {"id": "adj_1", "request_id": "req_1", "direction": "credit",
             "amount": {"amount": "0.000001", "currency": "USD"},
             "wallet_amount": {"amount": "0.000001", "currency": "USD"},
             "reason": "cut off", "actor": "Mere", "created_at": "2026-11-22T11:00:00Z"}\
            """;
    static final String BOOKED_ADJUSTMENT =
            ADJUSTMENT.substring(0, ADJUSTMENT.length() - 1)
                    + ", \"charged\": {\"amount\": \"0.0000032\", \"currency\": \"USD\"}}";
    static final String REQUEST_DETAIL =
            REQUEST.substring(0, REQUEST.length() - 1)
                    + """
                    , "node": "node-a", "calls": {}, "adjustments": [%s],
                     "timeline": {"authenticated_micros": 40, "admitted_micros": 90,
                      "dispatched_micros": 100, "connected_micros": 300,
                      "first_token_micros": 9000, "last_token_micros": 20000,
                      "finished_micros": 20100},
                     "price_lines": [{"item": "input", "quantity": 34, "unit": "million_tokens",
                      "price": "0.10", "amount": "0.0000034"}]}\
                    """
                            .formatted(ADJUSTMENT);
    static final String PRICING =
            """
            {"currency": "USD", "unit": "per_million_tokens", "input": "0.10",
             "cache_read": "0.025", "cache_write_5m": "0.10", "cache_write_1h": "0.20",
             "output": "0.40", "bands": [{"from": 0, "to": null, "tiers": {"standard": {
              "input": "0.10", "cache_read": "0.025", "cache_write_5m": "0.10",
              "cache_write_1h": "0.20", "output": "0.40"}}}], "calls": {"request": "0.0001"}}\
            """;
    static final String MODELS =
            """
            {"object": "list", "data": [{"id": "smollm2-135m", "object": "model",
              "created": 1763800000, "owned_by": "mooring", "context_length": 8192,
              "default_max_tokens": 1024, "supports_image_in": false, "supports_video_in": false,
              "supports_reasoning": false, "pricing": %s}]}\
            """
                    .formatted(PRICING);
    static final String REPLICAS =
            """
            {"data": [{"id": "smollm2-135m", "context_length": 8192, "default_max_tokens": 1024,
              "replicas": [{"id": "smollm2-135m-1", "engine": "llama.cpp",
               "url": "http://127.0.0.1:41001", "state": "ready", "detail": null, "counts": {"prompt":
               {"engine": 34, "settled": 34, "tolerance": 0, "difference": 0}, "generated":
               {"engine": 2, "settled": 2, "tolerance": 0, "difference": 0},
               "attempts_without_usage": 0, "explained": true}}]}],
             "next_cursor": null}\
            """;
    static final String PRICES =
            """
            {"id": "prc_1", "number": 1, "list": "default", "published_at": "2026-11-22T09:00:00Z",
             "effective_from": "2026-11-22T09:00:00Z",
             "data": [{"model": "smollm2-135m", "pricing": %s}], "unpublished_changes": [],
             "next": [{"id": "prc_2", "number": 2, "list": "default",
              "published_at": "2026-11-22T10:00:00Z", "effective_from": "2026-12-01T00:00:00Z"}]}\
            """
                    .formatted(PRICING);
    static final String PUBLISHED =
            PRICES.substring(0, PRICES.length() - 1)
                    + """
                    , "published": [{"id": "prc_1", "number": 1, "list": "default",
                     "published_at": "2026-11-22T09:00:00Z",
                     "effective_from": "2026-11-22T09:00:00Z"}]}\
                    """;
    static final String PRICE_DIFF =
            """
            {"data": [{"list": "default", "model": "smollm2-135m", "item": "output",
              "service_tier": "standard", "band_from": 0, "unit": "per_million_tokens",
              "old": "0.40", "new": "0.50", "percent": "+25", "currency": "USD"}],
             "currencies": [{"list": "acme", "old": "USD", "new": "EUR"}], "problems": []}\
            """;
    static final String PRICE_ASSIGNMENT =
            """
            {"organization_id": "org_1", "list": "acme", "from": "2026-12-01T00:00:00Z",
             "to": null, "assigned_at": "2026-11-22T09:00:00Z"}\
            """;
    static final String NODE =
            """
            {"id": "n1", "epoch": 3, "state": "suspect", "started_at": "2026-11-22T09:00:00Z",
             "leases_until": "2026-11-22T09:30:00Z", "suspect_since": "2026-11-22T09:30:05Z",
             "lost_at": null, "leased": [{"amount": "4.5", "currency": "USD"}]}
            """;

    static final String LOST_NODE =
            """
            {"id": "n1", "epoch": 3, "reason": "node_lost", "wallets": 2,
             "unbilled": [{"amount": "4.5", "currency": "USD"}]}
            """;

    static final String LEDGER =
            """
            {"ok": true, "checked_at": "2026-11-22T09:00:00Z", "checks": [
             {"id": "balanced", "statement": "Debits equal credits in every transfer.",
              "violations": 0, "rows": []}]}\
            """;
    static final String BACKUP =
            """
            {"id": "bkp_1", "taken_at": "2026-11-22T09:00:00.123456Z",
             "verified_at": "2026-11-22T09:00:05Z", "bytes": 1234, "sha256": "ab", "tables": 1,
             "rows": 2}\
            """;
    static final String CONFIG =
            """
            {"data": [{"name": "port", "value": "8080", "origin": "default"},
              {"name": "database-url", "value": "********", "origin": "MOORING_DATABASE_URL"}],
             "next_cursor": null}\
            """;
    static final String VERSION =
            """
            {"version": "0.1.0", "java": "25.0.1", "schema": "3"}\
            """;
    static final String COMPLETION =
            """
            {"id": "chatcmpl-1", "object": "chat.completion", "created": 1763800000,
             "model": "smollm2-135m", "choices": [{"index": 0, "finish_reason": "stop",
              "message": {"role": "assistant", "content": "Hi."}}],
             "usage": {"prompt_tokens": 34, "completion_tokens": 2, "total_tokens": 36,
              "prompt_tokens_details": {"cached_tokens": 8}}}\
            """;
    static final String OWN_BALANCE =
            """
            {"code": 0, "data": {"available_balance": 4.999123400, "voucher_balance": 0,
              "cash_balance": 4.999123400}, "scode": "0x0", "status": true}\
            """;
    static final String USAGE_CHUNK =
            """
            {"choices": [], "usage": {"prompt_tokens": 34, "completion_tokens": 2,
             "total_tokens": 36, "prompt_tokens_details": {"cached_tokens": 8}}, "mooring":
             {"request_id": "req_1", "cost": {"amount": "0.000004100", "currency": "USD"},
              "balance": {"amount": "4.999123400", "currency": "USD"}}}\
            """;

    private Samples() {}

    /// A server that answers every operation well.
    static FakeServer server() throws IOException {
        return new FakeServer()
                .on("GET /api/v1/organizations", 200, ORGANIZATIONS)
                .on("POST /api/v1/organizations", 201, ACME)
                .on("PATCH /api/v1/organizations/org_1", 200, ACME)
                .on("GET /api/v1/organizations/org_1/projects", 200, listOf(PROJECT))
                .on("POST /api/v1/organizations/org_1/projects", 201, PROJECT)
                .on("GET /api/v1/organizations/org_1/budgets", 200, listOf(BUDGET))
                .on("POST /api/v1/organizations/org_1/budgets", 201, BUDGET)
                .on("PATCH /api/v1/organizations/org_1/budgets/bud_1", 200, BUDGET)
                .on("DELETE /api/v1/organizations/org_1/budgets/bud_1", 200, BUDGET)
                .on("GET /api/v1/organizations/org_1/allowlist", 200, ALLOWLIST)
                .on("PATCH /api/v1/organizations/org_1/allowlist", 200, ALLOWLIST)
                .on("GET /api/v1/organizations/org_1/limits", 200, LIMITS)
                .on("PATCH /api/v1/organizations/org_1/limits", 200, LIMITS)
                .on("GET /api/v1/organizations/org_1/keys", 200, listOf(KEY))
                .on("POST /api/v1/organizations/org_1/keys", 201, CREATED_KEY)
                .on("POST /api/v1/keys/key_1/revoke", 200, REVOKED_KEY)
                .on("POST /api/v1/organizations/org_1/credits", 201, CREDIT)
                .on("POST /api/v1/organizations/org_1/charge-backs", 201, CHARGE_BACK)
                .on("GET /api/v1/organizations/org_1/lots", 200, listOf(LOT))
                .on("GET /api/v1/organizations/org_1/transfers", 200, listOf(TRANSFER))
                .on("POST /api/v1/organizations/org_1/redemptions", 201, REDEMPTION)
                .on("POST /api/v1/vouchers", 201, listOf(CREATED_VOUCHER))
                .on("GET /api/v1/vouchers", 200, listOf(VOUCHER))
                .on("POST /api/v1/vouchers/vch_1/revoke", 200, REVOKED_VOUCHER)
                .on("GET /api/v1/organizations/org_1/usage", 200, USAGE)
                .on("GET /api/v1/organizations/org_1/usage/export", 200, "model,requests\r\n")
                .on("GET /api/v1/organizations/org_1/requests", 200, listOf(REQUEST))
                .on("GET /api/v1/organizations/org_1/requests/export", 200, REQUEST)
                .on("GET /api/v1/organizations/org_1/requests/req_1", 200, REQUEST_DETAIL)
                .on(
                        "POST /api/v1/organizations/org_1/requests/req_1/adjustments",
                        201,
                        BOOKED_ADJUSTMENT)
                .on("GET /api/v1/models", 200, REPLICAS)
                .on("GET /api/v1/prices", 200, PRICES)
                .on("POST /api/v1/prices/publish", 201, PUBLISHED)
                .on("GET /api/v1/prices/diff", 200, PRICE_DIFF)
                .on("POST /api/v1/organizations/org_1/price-lists", 201, PRICE_ASSIGNMENT)
                .on("GET /api/v1/organizations/org_1/price-lists", 200, listOf(PRICE_ASSIGNMENT))
                .on("POST /api/v1/ledger/verify", 200, LEDGER)
                .on("GET /api/v1/nodes", 200, listOf(NODE))
                .on("POST /api/v1/nodes/n1/lost", 200, LOST_NODE)
                .on("POST /api/v1/backups", archive(archive("id\t1\nid\t2\n", 2)))
                .on("POST /api/v1/backups/bkp_1/verified", 200, BACKUP)
                .on("GET /api/v1/config", 200, CONFIG)
                .on("GET /api/v1/version", 200, VERSION)
                .on("GET /v1/models", 200, MODELS)
                .on("GET /v1/users/me/balance", 200, OWN_BALANCE)
                .on("POST /v1/chat/completions", 200, COMPLETION);
    }

    static FakeServer.Answering archive(byte[] bytes) {
        return exchange -> {
            exchange.getResponseHeaders().add("content-type", "application/octet-stream");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(bytes);
        };
    }

    /// A backup of one table.
    static byte[] archive(String rows, int told) throws IOException {
        byte[] text = rows.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("tables/0001-public.wallet"));
            zip.write(text);
            zip.putNextEntry(new ZipEntry("manifest.json"));
            zip.write(
                    """
                    {"id": "bkp_1", "tables": [{"name": "wallet", "rows": %d, "sha256": "%s",
                      "entry": "tables/0001-public.wallet"}]}
                    """
                            .formatted(told, sha256("id\t1\nid\t2\n"))
                            .getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    static String listOf(String row) {
        return "{\"data\": [" + row + "], \"next_cursor\": null}";
    }

    static String text(String text) {
        return Json.object()
                .set(
                        "choices",
                        Json.object()
                                .arrayNode()
                                .add(
                                        Json.object()
                                                .put("index", 0)
                                                .set("delta", Json.object().put("content", text))))
                .toString();
    }

    static String finish(String reason) {
        return "{\"choices\": [{\"index\": 0, \"delta\": {}, \"finish_reason\": \""
                + reason
                + "\"}], \"usage\": null}";
    }

    /// A stream of these events, each byte in a packet of its own.
    static FakeServer.Answering stream(String... events) {
        return exchange -> {
            try (OutputStream out = begin(exchange)) {
                for (String event : List.of(events)) {
                    String oneLine = event.replace("\n", "");
                    for (byte b : ("data: " + oneLine + "\n\n").getBytes(StandardCharsets.UTF_8)) {
                        out.write(b);
                        out.flush();
                    }
                }
            }
        };
    }

    static OutputStream begin(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().add("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        return exchange.getResponseBody();
    }
}
