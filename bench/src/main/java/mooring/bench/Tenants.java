package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// One organization's prompt, sent by another one to the embedded engine: it must be as new.
@Command(
        name = "tenants",
        mixinStandardHelpOptions = true,
        description = "another organization's cached prompt is never a cache hit")
final class Tenants extends Measurement {

    private static final int BAR_RUNS = 5;
    private static final int PROMPT_WORDS = 250;
    private static final Duration ANSWER = Duration.ofMinutes(2);

    @Option(names = "--runs", description = "different prompts (default: ${DEFAULT-VALUE})")
    private int runs = BAR_RUNS;

    @Override
    boolean fullSize() {
        return runs >= BAR_RUNS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        ServerInstance server =
                ServerInstance.start(bench, bench.folder().resolve("data"), null, null);
        String model = server.engine().model();
        Operator.Customer first = server.operator().createCustomer("A", "100");
        ChatClient client = new ChatClient(server.baseUrl(), ANSWER);
        Random random = new Random(1);
        Report report = new Report("%d prompts to the embedded engine".formatted(runs));
        Report.Tally warm = report.tally("A's second time: cached_tokens > 0");
        Report.Tally cold = report.tally("B with A's prompt: cached_tokens = 0");
        long reused = 0;
        for (int run = 0; run < runs; run++) {
            String prompt = Words.of(random, PROMPT_WORDS);
            // A new B each time: an older one finds the start of its own earlier prompts, the
            // template's system text, and that hit would be its own.
            Operator.Customer second = server.operator().createCustomer("B" + run, "100");
            boolean streamed = run % 2 == 0;
            Tokens one = ask(client, first, model, prompt, streamed);
            Tokens two = ask(client, first, model, prompt, streamed);
            Tokens other = ask(client, second, model, prompt, streamed);
            Tokens again = ask(client, first, model, prompt, streamed);
            Tokens otherAgain = ask(client, second, model, prompt, streamed);
            warm.expect(two != null && two.cached() > 0, "run " + run + ": " + one + ", " + two);
            cold.expect(other != null && other.cached() == 0, "run " + run + ": B " + other);
            reused += two == null ? 0 : two.cached();
            bench.say("A %s, A %s, B %s, A %s, B %s".formatted(one, two, other, again, otherAgain));
        }
        report.headline(
                "%d prompts: %d cached tokens for the same organization, 0 for the other"
                        .formatted(runs, reused));
        server.stop();
        return report;
    }

    private static @Nullable Tokens ask(
            ChatClient client,
            Operator.Customer customer,
            String model,
            String prompt,
            boolean streamed) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("model", model);
        body.putArray("messages").addObject().put("role", "user").put("content", prompt);
        body.put("max_tokens", 4);
        body.put("temperature", 0);
        body.put("stream", streamed);
        if (streamed) {
            body.putObject("stream_options").put("include_usage", true);
        }
        Answer answer = client.ask(customer.key(), "tenants", body.toString(), new Leave.Never());
        if (!answer.delivered()) {
            throw new IllegalStateException("status " + answer.status + ": " + answer.trouble);
        }
        return answer.usage;
    }
}
