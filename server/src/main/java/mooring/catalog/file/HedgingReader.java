package mooring.catalog.file;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mooring.catalog.Hedging;
import mooring.config.YamlSection;
import org.jspecify.annotations.Nullable;

/// Reads when a model's requests are sent a second time beside the first.
final class HedgingReader {

    private static final Pattern FORM = Pattern.compile("p([5-9][0-9])|([1-9][0-9]{0,5})(ms|s)");
    private static final String EXPECTED =
            "a time as in 800ms or 2s, or a percentile p50..p99 as in p95";

    private HedgingReader() {}

    /// Null for a model that is not hedged.
    static @Nullable Hedging ofModel(YamlSection model) {
        String text = model.text("hedge_after", EXPECTED);
        if (text == null) {
            return null;
        }
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            model.refuse("hedge_after", "\"" + text + "\"", EXPECTED);
            return null;
        }
        if (form.group(1) != null) {
            return new Hedging.Percentile(Integer.parseInt(form.group(1)));
        }
        long amount = Long.parseLong(form.group(2));
        return new Hedging.After(
                form.group(3).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMillis(amount));
    }
}
