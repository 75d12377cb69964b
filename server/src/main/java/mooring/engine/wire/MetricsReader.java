package mooring.engine.wire;

import io.vertx.core.buffer.Buffer;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mooring.engine.EngineCounters;
import org.jspecify.annotations.Nullable;

/// Counters of tokens out of an engine's metrics in Prometheus's text form.
public final class MetricsReader {

    private static final Pattern SAMPLE =
            Pattern.compile("([A-Za-z_:][\\w:]*)(?:\\{(.*)})? ([^ ]+)(?: \\d+)?");
    private static final Pattern MODEL = Pattern.compile("model_name=\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final String STARTED = "process_start_time_seconds";

    private MetricsReader() {}

    /// @param model only samples of this model, and those that name none
    /// @param prompt name of the counter of prompt tokens
    /// @return empty when one of the two counters is not there
    public static Optional<EngineCounters> counters(
            Buffer metrics, String model, String prompt, String generated, boolean cachedIncluded) {
        Long promptTokens = null;
        Long generatedTokens = null;
        String life = "";
        for (String line : metrics.toString().split("\n")) {
            Matcher sample = SAMPLE.matcher(line.strip());
            if (line.startsWith("#") || !sample.matches()) {
                continue;
            }
            String name = sample.group(1);
            if (name.equals(STARTED)) {
                life = sample.group(3);
            } else if (name.equals(prompt) && of(sample.group(2), model)) {
                promptTokens = sum(promptTokens, sample.group(3));
            } else if (name.equals(generated) && of(sample.group(2), model)) {
                generatedTokens = sum(generatedTokens, sample.group(3));
            }
        }
        return promptTokens == null || generatedTokens == null
                ? Optional.empty()
                : Optional.of(
                        new EngineCounters(life, promptTokens, cachedIncluded, generatedTokens));
    }

    private static boolean of(@Nullable String labels, String model) {
        if (labels == null) {
            return true;
        }
        Matcher named = MODEL.matcher(labels);
        return !named.find() || named.group(1).equals(model);
    }

    private static @Nullable Long sum(@Nullable Long before, String value) {
        try {
            long counted = new BigDecimal(value).longValue();
            if (counted < 0) {
                return before;
            }
            return before == null ? (Long) counted : (Long) Math.addExact(before, counted);
        } catch (NumberFormatException _) {
            return before;
        }
    }
}
