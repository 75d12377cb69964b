package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/// One request as it was settled, as the management API shows it.
record Settled(
        String id,
        String label,
        String model,
        boolean streamed,
        @Nullable String finishReason,
        boolean estimated,
        Tokens tokens,
        long cacheWrite,
        BigDecimal cost,
        BigDecimal payable,
        BigDecimal shortfall) {

    private static final BigDecimal MILLION = new BigDecimal(1_000_000);
    private static final int NANO_DIGITS = 9;

    static Settled of(JsonNode row) {
        return new Settled(
                row.path("id").asText(),
                row.path("client_request_id").asText(),
                row.path("model").asText(),
                row.path("streamed").asBoolean(),
                row.path("finish_reason").isTextual() ? row.path("finish_reason").asText() : null,
                row.path("estimated").asBoolean(),
                new Tokens(
                        row.path("input_uncached_tokens").asLong(),
                        row.path("cache_read_tokens").asLong(),
                        row.path("output_tokens").asLong(),
                        row.path("reasoning_tokens").asLong()),
                row.path("cache_write_tokens").asLong(),
                amount(row, "cost"),
                amount(row, "payable"),
                amount(row, "shortfall"));
    }

    /// What these tokens cost by a model's public prices: exact, rounded once to a nano unit.
    static BigDecimal price(Tokens tokens, JsonNode pricing) {
        return rate(pricing, "input", tokens.input())
                .add(rate(pricing, "cache_read", tokens.cached()))
                .add(rate(pricing, "output", tokens.output()))
                .divide(MILLION)
                .setScale(NANO_DIGITS, RoundingMode.HALF_EVEN);
    }

    private static BigDecimal rate(JsonNode pricing, String name, long tokens) {
        return new BigDecimal(pricing.path(name).asText()).multiply(BigDecimal.valueOf(tokens));
    }

    private static BigDecimal amount(JsonNode row, String name) {
        return new BigDecimal(row.path(name).path("amount").asText());
    }
}
