package mooring.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import mooring.process.ProcessIdentity;
import mooring.testing.Await;
import mooring.testing.JavaProgram;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalEngineTest {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final String KEY = "key-of-the-test-engine";
    private static final Patience QUICK =
            new Patience(
                    Duration.ofMillis(20),
                    Duration.ofMillis(50),
                    Duration.ofMillis(500),
                    2,
                    Duration.ofMillis(300),
                    Duration.ofSeconds(20),
                    Duration.ofMillis(20),
                    Duration.ofMillis(100),
                    Duration.ofSeconds(60),
                    3,
                    Duration.ofSeconds(2));

    @TempDir private Path folder = Path.of("");
    private final List<EngineState> states = new CopyOnWriteArrayList<>();

    @Test
    void anEngineIsReadyOnceItHasLoaded() throws IOException {
        try (LocalEngine engine = start(fake(3))) {
            awaitReady(engine);
            Await.until("its news", DEADLINE, () -> states.size() >= 2);
            assertThat(states.getFirst()).isInstanceOf(EngineState.Starting.class);
            assertThat(states.get(1)).isInstanceOf(EngineState.Ready.class);
            Path key = folder.resolve("key");
            assertThat(key).hasContent(KEY);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                    .isEqualTo("rw-------");
            assertThat(identity(engine).commandLine()).noneMatch(word -> word.contains(KEY));
        }
        assertThat(states.getLast()).isEqualTo(new EngineState.Stopped());
    }

    @Test
    void aClosedEngineIsGone() {
        LocalEngine engine = start(fake(0));
        awaitReady(engine);
        ProcessIdentity process = identity(engine);
        engine.close();
        assertThat(process.alive()).isFalse();
        assertThat(engine.pid()).isEqualTo(-1);
    }

    @Test
    void anEngineThatIgnoresEveryRequestToEndIsKilled() {
        String stubborn = "trap '' TERM; while :; do sleep 0.1; done";
        LocalEngine engine = start(spec(List.of("/bin/sh", "-c", stubborn)));
        Await.until("start", DEADLINE, () -> engine.pid() > 0);
        ProcessIdentity process = identity(engine);
        engine.close();
        assertThat(process.alive()).isFalse();
    }

    @Test
    void aKilledEngineServesAgain() {
        try (LocalEngine engine = start(fake(0))) {
            awaitReady(engine);
            ProcessIdentity first = identity(engine);
            first.send(mooring.process.Signal.KILL);
            Await.until("another process", DEADLINE, () -> newProcess(engine, first));
            awaitReady(engine);
            assertThat(states)
                    .anyMatch(
                            state ->
                                    state instanceof EngineState.BackingOff(String reason, var __)
                                            && reason.startsWith("exit status 137"));
        }
    }

    @Test
    void anEngineThatHangsIsTakenOutAndStartedAgain() throws IOException {
        try (LocalEngine engine = start(fake(0))) {
            awaitReady(engine);
            ProcessIdentity first = identity(engine);
            Path hang = Files.createFile(folder.resolve("hang"));
            Await.until("out", DEADLINE, () -> !(engine.state() instanceof EngineState.Ready));
            Await.until("its end", DEADLINE, () -> !first.alive());
            Files.delete(hang);
            Await.until("another process", DEADLINE, () -> newProcess(engine, first));
            awaitReady(engine);
            assertThat(states)
                    .anyMatch(
                            state ->
                                    state instanceof EngineState.BackingOff(String reason, var __)
                                            && reason.startsWith("hung: no answer to /health"));
        }
    }

    @Test
    void anEngineThatNeverGetsReadyIsGivenUpWithItsLastWords() {
        String command = "echo reading the model; echo out of memory >&2; exit 1";
        try (LocalEngine engine = start(spec(List.of("/bin/sh", "-c", command)))) {
            awaitFailed(engine);
            assertThat(engine.state())
                    .isEqualTo(
                            new EngineState.Failed(
                                    "3 starts failed, last: exit status 1: out of memory"));
            assertThat(states.stream().filter(EngineState.BackingOff.class::isInstance)).hasSize(2);
        }
    }

    @Test
    void anEngineThatSaysItCanNeverWorkIsNotTriedAgain() {
        String command = "echo model.gguf: not a model file; exit 3";
        try (LocalEngine engine = start(spec(List.of("/bin/sh", "-c", command)))) {
            awaitFailed(engine);
            assertThat(engine.state())
                    .isEqualTo(
                            new EngineState.Failed("exit status 3: model.gguf: not a model file"));
            assertThat(states.stream().filter(EngineState.BackingOff.class::isInstance)).isEmpty();
        }
        assertThat(states.getLast()).isInstanceOf(EngineState.Failed.class);
    }

    @Test
    void aProgramThatDoesNotExistIsNamed() {
        try (LocalEngine engine = start(spec(List.of("/nowhere/llama")))) {
            awaitFailed(engine);
            assertThat(engine.state().toString()).contains("/nowhere/llama");
        }
    }

    @Test
    void aKeyInTheCommandIsRefused() {
        assertThatThrownBy(() -> spec(List.of("serve", "--api-key", KEY)))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .contains("the key stands in the command")
                .doesNotContain(KEY);
    }

    @Test
    void theDelayBetweenStartsDoublesUpToItsBound() {
        Patience patience = Patience.DEFAULT;
        assertThat(patience.backOff(1)).isEqualTo(Duration.ofMillis(250));
        assertThat(patience.backOff(2)).isEqualTo(Duration.ofMillis(500));
        assertThat(patience.backOff(6)).isEqualTo(Duration.ofSeconds(8));
        assertThat(patience.backOff(7)).isEqualTo(Duration.ofSeconds(15));
        assertThat(patience.backOff(1_000_000)).isEqualTo(Duration.ofSeconds(15));
    }

    private LocalEngine start(EngineSpec spec) {
        return LocalEngine.start(
                spec, QUICK, Clock.system(), (engine, before, now) -> states.add(now));
    }

    private EngineSpec fake(int loadingAnswers) {
        return spec(
                JavaProgram.command(
                        FakeEngine.class,
                        "{port}",
                        folder.resolve("key").toString(),
                        Integer.toString(loadingAnswers)));
    }

    private EngineSpec spec(List<String> command) {
        return new EngineSpec(
                "test",
                command,
                Map.of(),
                "http://127.0.0.1:{port}",
                "/health",
                KEY,
                folder.resolve("key"),
                folder.resolve("engine.log"));
    }

    private static boolean newProcess(LocalEngine engine, ProcessIdentity first) {
        return engine.pid() > 0
                && engine.pid() != first.pid()
                && engine.state() instanceof EngineState.Ready;
    }

    private static void awaitReady(LocalEngine engine) {
        Await.until("ready", DEADLINE, () -> engine.state() instanceof EngineState.Ready);
    }

    private static void awaitFailed(LocalEngine engine) {
        Await.until("given up", DEADLINE, () -> engine.state() instanceof EngineState.Failed);
    }

    private static ProcessIdentity identity(LocalEngine engine) {
        ProcessIdentity identity = ProcessIdentity.of(engine.pid());
        if (identity == null) {
            throw new AssertionError("no process");
        }
        return identity;
    }
}
