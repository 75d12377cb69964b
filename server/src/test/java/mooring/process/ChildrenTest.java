package mooring.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import mooring.testing.Await;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildrenTest {
    private static final Duration GRACE = Duration.ofSeconds(30);

    @TempDir private Path folder = Path.of("");

    @Test
    void aChildsLastWordsAndStatusAreKnown() throws Exception {
        ChildProcess child = start("echo one; echo two >&2; exit 7");
        assertThat(child.onExit().get(30, TimeUnit.SECONDS)).isEqualTo(7);
        assertThat(child.lastLines(5)).containsExactly("one", "two");
        assertThat(child.lastLine()).isEqualTo("two");
    }

    @Test
    void theWordsOfAnEarlierStartAreNotMistakenForThoseOfThisOne() throws Exception {
        start("echo old").onExit().get(30, TimeUnit.SECONDS);
        ChildProcess child = start("exit 1");
        child.onExit().get(30, TimeUnit.SECONDS);
        assertThat(child.lastLine()).isNull();
        assertThat(folder.resolve("log")).hasContent("old");
    }

    @Test
    void aChildOutlivesTheThreadThatAskedForIt() throws Exception {
        ChildProcess[] child = new ChildProcess[1];
        Thread asker = Thread.ofPlatform().start(() -> child[0] = start("sleep 300"));
        assertThat(asker.join(GRACE)).isTrue();
        ChildProcess still = start("sleep 300");
        assertThat(still.stop(Signal.TERM, GRACE)).isTrue();
        assertThat(child[0].alive()).isTrue();
        assertThat(child[0].stop(Signal.TERM, GRACE)).isTrue();
    }

    @Test
    void whatAChildStartedEndsWithIt() throws Exception {
        ChildProcess child = start("sleep 300 & sleep 300 & trap '' TERM; while :; do wait; done");
        ProcessIdentity identity = identity(child);
        Await.until("grandchildren", GRACE, () -> identity.descendants().size() == 2);
        List<ProcessIdentity> grandchildren = identity.descendants();
        assertThat(child.stop(Signal.TERM, Duration.ofMillis(200))).isTrue();
        assertThat(grandchildren).noneMatch(ProcessIdentity::alive);
    }

    @Test
    void theEndOfItsInputTellsAChildThatWeAreGone() throws Exception {
        ChildProcess child =
                Children.start(spec("cat; echo lifeline ended; exit 9").withInputOpen());
        assertThat(child.alive()).isTrue();
        child.input().close();
        assertThat(child.onExit().get(30, TimeUnit.SECONDS)).isEqualTo(9);
        assertThat(child.lastLine()).isEqualTo("lifeline ended");
    }

    @Test
    void ourOwnSettingsAreNotPassedOn() throws Exception {
        ChildProcess child =
                Children.start(spec("env").withOnlyEnvironment(Map.of("PATH", "/usr/bin:/bin")));
        child.onExit().get(30, TimeUnit.SECONDS);
        assertThat(child.lastLines(20)).contains("PATH=/usr/bin:/bin").hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void aMachineWithoutSetprivIsToldWhatToInstall() {
        ChildSpec bound = spec("exit 0").withBond(Signal.INT);
        assertThatThrownBy(() -> Children.start(bound, null))
                .isInstanceOf(ChildException.class)
                .hasMessage(
                        "setpriv: not found on PATH, so that child cannot be tied to this process"
                                + " (install the package util-linux)");
    }

    @Test
    void withoutSetprivAnUnboundChildStillStarts() throws Exception {
        ChildProcess child = Children.start(spec("echo unbound"), null);
        assertThat(child.onExit().get(30, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void aPidUsedAgainIsNotSignalled() throws Exception {
        ChildProcess child = start("sleep 300");
        ProcessIdentity identity = identity(child);
        ProcessIdentity predecessor =
                new ProcessIdentity(identity.pid(), identity.startTicks() - 1);
        for (Signal signal : Signal.values()) {
            assertThat(predecessor.send(signal)).isFalse();
        }
        assertThat(predecessor.alive()).isFalse();
        assertThat(child.alive()).isTrue();
        assertThat(child.stop(Signal.TERM, GRACE)).isTrue();
    }

    @Test
    void aLogFileThatGrewTooLongIsCopiedAwayAndEmptied() throws Exception {
        Path path = folder.resolve("log");
        LogFile log = LogFile.open(path, 100);
        Files.writeString(path, "x".repeat(150) + "\nlast before\n");
        assertThat(log.lastLines(1)).containsExactly("last before");
        log.bound();
        assertThat(Files.size(path)).isZero();
        assertThat(Files.size(folder.resolve("log.1"))).isEqualTo(163);
        Files.writeString(path, "after\n", StandardCharsets.UTF_8);
        assertThat(log.lastLines(5)).containsExactly("after");
    }

    private static ProcessIdentity identity(ChildProcess child) {
        ProcessIdentity identity = child.identity();
        if (identity == null) {
            throw new AssertionError("ended early");
        }
        return identity;
    }

    private ChildProcess start(String script) {
        return Children.start(spec(script));
    }

    private ChildSpec spec(String script) {
        return ChildSpec.of("child", List.of("/bin/sh", "-c", script), folder.resolve("log"));
    }
}
