package mooring.simulator;

import java.util.Locale;
import java.util.Map;
import mooring.simulator.text.Prompt;

/// Writes `/metrics`: vLLM's names per model, and llama.cpp's for the engine as a whole.
final class Metrics {

    private final Engine engine;
    private final StringBuilder out = new StringBuilder(4_096);

    private Metrics(Engine engine) {
        this.engine = engine;
    }

    static String of(Engine engine) {
        Metrics metrics = new Metrics(engine);
        metrics.vllm();
        metrics.llamaCpp();
        return metrics.out.toString();
    }

    private void vllm() {
        String label = label(engine.options.models().getFirst());
        single("vllm:num_requests_running", "gauge", label, engine.scheduler.runningCount());
        single("vllm:num_requests_waiting", "gauge", label, engine.scheduler.waitingCount());
        single("vllm:kv_cache_usage_perc", "gauge", label, memoryUsed());
        single("vllm:prefix_cache_queries_total", "counter", label, engine.cache.queriedTokens());
        single("vllm:prefix_cache_hits_total", "counter", label, engine.cache.hitTokens());
        single(
                "vllm:cache_config_info",
                "gauge",
                "block_size=\"16\",num_gpu_blocks=\"" + engine.cache.maxBlocks() + "\"",
                1);
        type("vllm:prompt_tokens_total", "counter");
        engine.counters.forEach(
                (model, c) -> line("vllm:prompt_tokens_total", label(model), c.promptTokens));
        type("vllm:generation_tokens_total", "counter");
        engine.counters.forEach(
                (model, c) ->
                        line("vllm:generation_tokens_total", label(model), c.generatedTokens));
        type("vllm:request_success_total", "counter");
        engine.counters.forEach(this::finished);
        type("vllm:time_to_first_token_seconds", "histogram");
        engine.counters.forEach(
                (model, c) -> histogram("vllm:time_to_first_token_seconds", model, c.firstToken));
        type("vllm:e2e_request_latency_seconds", "histogram");
        engine.counters.forEach(
                (model, c) -> histogram("vllm:e2e_request_latency_seconds", model, c.whole));
    }

    /// The share of memory that running requests hold; blocks kept for reuse count as free.
    private double memoryUsed() {
        long room = (long) engine.cache.maxBlocks() * Prompt.BLOCK_TOKENS;
        return room == 0 ? 0 : Math.min(1, (double) engine.scheduler.heldTokens() / room);
    }

    private void finished(String model, Counters counters) {
        for (Map.Entry<String, Long> entry : counters.finished.entrySet()) {
            // vLLM calls it an abort when the client leaves.
            String reason = entry.getKey().equals("cancelled") ? "abort" : entry.getKey();
            line(
                    "vllm:request_success_total",
                    label(model) + ",finished_reason=\"" + reason + "\"",
                    entry.getValue());
        }
    }

    private void histogram(String name, String model, Counters.Histogram histogram) {
        for (int i = 0; i < Counters.BUCKETS.length; i++) {
            line(
                    name + "_bucket",
                    label(model) + ",le=\"" + Counters.BUCKETS[i] + "\"",
                    histogram.counts[i]);
        }
        line(name + "_bucket", label(model) + ",le=\"+Inf\"", histogram.count);
        line(name + "_sum", label(model), histogram.sumSeconds);
        line(name + "_count", label(model), histogram.count);
    }

    private void llamaCpp() {
        long prompt = 0;
        long predicted = 0;
        double promptSeconds = 0;
        double predictedSeconds = 0;
        for (Counters counters : engine.counters.values()) {
            prompt += counters.computedPromptTokens;
            predicted += counters.generatedTokens;
            promptSeconds += counters.promptSeconds;
            predictedSeconds += counters.decodeSeconds;
        }
        long steps = engine.scheduler.steps();
        single("llamacpp:prompt_tokens_total", "counter", "", prompt);
        single("llamacpp:prompt_seconds_total", "counter", "", promptSeconds);
        single("llamacpp:tokens_predicted_total", "counter", "", predicted);
        single("llamacpp:tokens_predicted_seconds_total", "counter", "", predictedSeconds);
        single("llamacpp:n_decode_total", "counter", "", steps);
        single(
                "llamacpp:n_busy_slots_per_decode",
                "gauge",
                "",
                steps == 0 ? 0 : (double) engine.scheduler.busySlotSteps() / steps);
        single("llamacpp:prompt_tokens_seconds", "gauge", "", rate(prompt, promptSeconds));
        single("llamacpp:predicted_tokens_seconds", "gauge", "", rate(predicted, predictedSeconds));
        single("llamacpp:requests_processing", "gauge", "", engine.scheduler.runningCount());
        single("llamacpp:requests_deferred", "gauge", "", engine.scheduler.waitingCount());
    }

    private static double rate(long tokens, double seconds) {
        return seconds == 0 ? 0 : tokens / seconds;
    }

    private static String label(String model) {
        String escaped = model.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        return "model_name=\"" + escaped + "\",engine=\"0\"";
    }

    private void single(String name, String type, String labels, Number value) {
        type(name, type);
        line(name, labels, value);
    }

    private void type(String name, String type) {
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private void line(String name, String labels, Number value) {
        out.append(name);
        if (!labels.isEmpty()) {
            out.append('{').append(labels).append('}');
        }
        out.append(' ');
        out.append(
                value instanceof Double
                        ? String.format(Locale.ROOT, "%.6f", value.doubleValue())
                        : value.toString());
        out.append('\n');
    }
}
