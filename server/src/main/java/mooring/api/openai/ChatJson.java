package mooring.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import mooring.catalog.AnswerProfile;
import mooring.ids.RequestId;
import mooring.inference.FinishReason;
import mooring.inference.JsonText;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.json.JsonBytes;
import mooring.json.JsonBytes.Name;
import mooring.money.Money;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// The pieces of JSON that streamed and whole answers share.
public final class ChatJson {

    static final Name CONTENT = Name.of("content");
    static final Name ROLE = Name.of("role");
    static final Name REFUSAL = Name.of("refusal");
    static final Name TOOL_CALLS = Name.of("tool_calls");
    static final Name FUNCTION = Name.of("function");
    static final Name ARGUMENTS = Name.of("arguments");
    static final Name NAME = Name.of("name");
    static final Name TYPE = Name.of("type");
    static final Name ID = Name.of("id");
    static final Name INDEX = Name.of("index");
    static final Name CHOICES = Name.of("choices");
    static final Name LOGPROBS = Name.of("logprobs");
    static final Name FINISH_REASON = Name.of("finish_reason");
    static final Name USAGE = Name.of("usage");

    private static final Name PROMPT_TOKENS = Name.of("prompt_tokens");
    private static final Name COMPLETION_TOKENS = Name.of("completion_tokens");
    private static final Name TOTAL_TOKENS = Name.of("total_tokens");
    private static final Name CACHED_TOKENS = Name.of("cached_tokens");
    private static final Name REASONING_TOKENS = Name.of("reasoning_tokens");
    private static final Name PROMPT_DETAILS = Name.of("prompt_tokens_details");
    private static final Name COMPLETION_DETAILS = Name.of("completion_tokens_details");
    private static final Name REASONING_CONTENT = Name.of("reasoning_content");
    private static final Name REASONING = Name.of("reasoning");
    private static final Name MOORING = Name.of("mooring");
    private static final Name REQUEST_ID = Name.of("request_id");
    private static final Name COST = Name.of("cost");
    private static final Name BALANCE = Name.of("balance");
    private static final Name AMOUNT = Name.of("amount");
    private static final Name CURRENCY = Name.of("currency");

    private ChatJson() {}

    /// An answer's id as OpenAI's clients expect it; the digits are the request id's.
    static String answerId(RequestId id) {
        return "chatcmpl-" + id.toString().substring("req_".length());
    }

    static void writeUsage(JsonBytes json, Usage usage, AnswerProfile profile) {
        json.beginObject(USAGE)
                .number(PROMPT_TOKENS, usage.prompt())
                .number(COMPLETION_TOKENS, usage.output())
                .number(TOTAL_TOKENS, usage.total());
        if (profile == AnswerProfile.MOONSHOT) {
            json.number(CACHED_TOKENS, usage.cacheRead());
        }
        json.beginObject(PROMPT_DETAILS)
                .number(CACHED_TOKENS, usage.cacheRead())
                .endObject()
                .beginObject(COMPLETION_DETAILS)
                .number(REASONING_TOKENS, usage.reasoning())
                .endObject()
                .endObject();
    }

    /// Earlier thoughts under the names that clients look for.
    static void writeReasoning(JsonBytes json, String reasoning, AnswerProfile profile) {
        json.text(REASONING_CONTENT, reasoning);
        if (profile == AnswerProfile.OPENAI) {
            // Clients read one name or the other.
            json.text(REASONING, reasoning);
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
    static void writeReceipt(JsonBytes json, Receipt receipt) {
        json.beginObject(MOORING).text(REQUEST_ID, receipt.id().toString());
        writeMoney(json, COST, receipt.charge());
        if (receipt.available() != null) {
            writeMoney(json, BALANCE, receipt.available());
        }
        json.endObject();
    }

    private static void writeMoney(JsonBytes json, Name field, Money money) {
        json.beginObject(field)
                .text(AMOUNT, money.text())
                .text(CURRENCY, money.currency().code())
                .endObject();
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

    static void writeExtras(JsonBytes json, Map<String, JsonText> extras) {
        for (Map.Entry<String, JsonText> extra : extras.entrySet()) {
            json.raw(extra.getKey(), extra.getValue().text());
        }
    }

    static void writeRaw(JsonBytes json, Name field, @Nullable JsonText value) {
        if (value == null) {
            json.nothing(field);
        } else {
            json.raw(field, value.text());
        }
    }
}
