package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a new model's tokens shall cost, as a price file says it.
///
/// @param fields in the file's order, their values already as YAML
/// @param bundled whether they are those of the model that comes with Mooring
record ModelPrices(Map<String, String> fields, boolean bundled) {
    private static final Pattern PRICE = Pattern.compile("\\d{1,9}(\\.\\d{1,9})?");

    /// The prices that options gave; null when none did.
    ///
    /// @throws MisuseException for prices that do not go together
    static @Nullable ModelPrices of(
            boolean free,
            @Nullable String input,
            @Nullable String output,
            @Nullable String cacheRead) {
        if (free) {
            if (input != null || output != null || cacheRead != null) {
                throw new MisuseException("--free and a price exclude each other.");
            }
            return new ModelPrices(Map.of("free", "true"), false);
        }
        if (input == null && output == null && cacheRead == null) {
            return null;
        }
        if (input == null || output == null) {
            throw new MisuseException("--input-price and --output-price belong together.");
        }
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("input", price("--input-price", input));
        fields.put(
                "cache_read", price("--cache-read-price", cacheRead == null ? input : cacheRead));
        fields.put("output", price("--output-price", output));
        List<String> zero =
                fields.entrySet().stream()
                        .filter(field -> field.getValue().matches("\"[0.]+\""))
                        .map(Map.Entry::getKey)
                        .toList();
        if (zero.size() == fields.size()) {
            throw new MisuseException("All prices are 0 (expected: --free, if that is meant).");
        }
        if (!zero.isEmpty()) {
            // A price of 0 is refused where the file does not say that it is meant.
            fields.put("free_classes", "[" + String.join(", ", zero) + "]");
        }
        return new ModelPrices(fields, false);
    }

    /// The prices of the first model in a price file, as a start for another one.
    static ModelPrices like(JsonNode priceFile) {
        JsonNode first = priceFile.path("models").iterator().next();
        Map<String, String> fields = new LinkedHashMap<>();
        first.properties()
                .forEach(field -> fields.put(field.getKey(), quoted(field.getValue().asText())));
        return new ModelPrices(fields, true);
    }

    /// The lines for a price file, under the model's name.
    String yaml(String id) {
        return quoted(id)
                + ":\n"
                + fields.entrySet().stream()
                        .map(field -> "  " + field.getKey() + ": " + field.getValue() + "\n")
                        .collect(Collectors.joining());
    }

    /// For a person, without a currency.
    String shown() {
        return fields.containsKey("free")
                ? "free"
                : "input "
                        + bare("input")
                        + ", cached "
                        + bare("cache_read")
                        + ", output "
                        + bare("output");
    }

    private String bare(String field) {
        return fields.getOrDefault(field, "-").replace("\"", "");
    }

    private static String price(String option, String value) {
        if (!PRICE.matcher(value).matches()) {
            throw new MisuseException(
                    option
                            + ": "
                            + value
                            + " (expected: the price of a million tokens as a decimal with at most"
                            + " nine digits after the point)");
        }
        return quoted(value);
    }

    private static String quoted(String text) {
        return "\"" + text + "\"";
    }
}
