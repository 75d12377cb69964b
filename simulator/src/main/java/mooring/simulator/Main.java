package mooring.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Runs a pretend engine as a process of its own, until it is told to stop.
@Command(
        name = "mooring-simulator",
        mixinStandardHelpOptions = true,
        description = "A pretend inference engine for tests and benchmarks. It is no model.")
public final class Main implements Callable<Integer> {

    @Option(names = "--port", description = "port on 127.0.0.1; 0 takes a free one")
    private int port;

    @Option(names = "--model", description = "name of a model to serve; may be repeated")
    private List<String> models = List.of();

    @Option(names = "--log", description = "file that gets a line of JSON per request")
    private @Nullable Path log;

    @Option(names = "--prompt-tokens-per-second", description = "of the engine; 0: full speed")
    private double promptTokensPerSecond;

    @Option(names = "--output-tokens-per-second", description = "per request; 0: full speed")
    private double outputTokensPerSecond;

    @Option(names = "--max-num-seqs", description = "requests that run at once")
    private int maxNumSeqs = 256;

    @Option(names = "--max-waiting", description = "requests that may wait for a slot")
    private int maxWaiting = 16_384;

    @Option(names = "--context", description = "window in tokens")
    private int context = 131_072;

    @Option(names = "--default-output-tokens", description = "length of an unordered answer")
    private int defaultOutputTokens = 16;

    @Option(names = "--api-key-file", description = "file with the accepted keys, one a line")
    private @Nullable Path apiKeyFile;

    public static void main(String[] arguments) {
        int code =
                new CommandLine(new Main())
                        .setExecutionExceptionHandler(
                                (failure, command, parsed) -> {
                                    command.getErr().println(failure.getMessage());
                                    return 1;
                                })
                        .execute(arguments);
        System.exit(code);
    }

    @Override
    public Integer call() throws InterruptedException {
        SimulatorOptions.Builder options =
                SimulatorOptions.builder()
                        .port(port)
                        .logFile(log)
                        .promptTokensPerSecond(promptTokensPerSecond)
                        .outputTokensPerSecond(outputTokensPerSecond)
                        .maxNumSeqs(maxNumSeqs)
                        .maxWaiting(maxWaiting)
                        .contextTokens(context)
                        .defaultOutputTokens(defaultOutputTokens);
        models.forEach(options::model);
        if (apiKeyFile != null) {
            keys(apiKeyFile).forEach(options::apiKey);
        }
        EngineSimulator engine = EngineSimulator.start(options.build());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(engine), "stop"));
        System.out.println("engine simulator (for tests, not a model): " + engine.url());
        new CountDownLatch(1).await();
        return 0;
    }

    /// The keys in a file; an empty file is a mistake, since it would let everyone in.
    private static List<String> keys(Path file) {
        List<String> keys;
        try {
            keys = Files.readAllLines(file).stream().map(String::strip).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("api-key-file: " + file + ": unreadable", e);
        }
        if (keys.stream().allMatch(String::isEmpty)) {
            throw new IllegalArgumentException("api-key-file: " + file + ": no key in it");
        }
        return keys.stream().filter(key -> !key.isEmpty()).toList();
    }

    /// A termination signal is the regular end, so its exit code is 0 and not the signal's.
    private static void stop(EngineSimulator engine) {
        try {
            engine.close();
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }
}
