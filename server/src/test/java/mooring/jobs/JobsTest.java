package mooring.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.testing.Await;
import mooring.testing.TestDatabase;
import mooring.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Jobs over several nodes and restarts.
class JobsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(50);

    private final TestDatabase database = TestDatabase.create();

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void aJobAskedForTwiceIsDoneOnceOverAllNodes() {
        Queue<String> done = new ConcurrentLinkedQueue<>();
        Instant now = Clock.system().now();
        List<Job> known = List.of(new Job.OnDemand("greet", done::add));
        try (Jobs one = new Jobs(database.database().dataSource(), "one", known, POLL);
                Jobs two = new Jobs(database.database().dataSource(), "two", known, POLL)) {
            assertThat(one.ask("greet", "7", "kia ora", now)).isTrue();
            assertThat(two.ask("greet", "7", "kia ora", now)).isFalse();
            one.ask("greet", "8", "haere rā", now);
            one.start();
            two.start();
            Await.until("both are done", PATIENCE, () -> left() == 0);
        }
        assertThat(done).containsExactlyInAnyOrder("kia ora", "haere rā");
    }

    @Test
    void aJobThatWasAskedForBeforeARestartIsDoneAfterIt() {
        Queue<String> done = new ConcurrentLinkedQueue<>();
        List<Job> known = List.of(new Job.OnDemand("greet", done::add));
        try (Jobs before = new Jobs(database.database().dataSource(), "one", known, POLL)) {
            before.ask("greet", "1", "later", Clock.system().now());
        }
        try (Jobs after = new Jobs(database.database().dataSource(), "one", known, POLL)) {
            after.start();
            Await.until("it is done", PATIENCE, () -> done.contains("later"));
        }
    }

    @Test
    void aRepeatedJobThatFailsComesAgain() {
        AtomicInteger runs = new AtomicInteger();
        Job failing =
                new Job.Repeated(
                        "failing",
                        Duration.ofMillis(50),
                        () -> {
                            runs.incrementAndGet();
                            throw new IllegalStateException("on purpose");
                        });
        try (Jobs jobs =
                new Jobs(database.database().dataSource(), "one", List.of(failing), POLL)) {
            jobs.start();
            Await.until("it ran three times", PATIENCE, () -> runs.get() >= 3);
        }
    }

    private long left() {
        return database.database()
                .jdbi()
                .withHandle(
                        handle ->
                                handle.createQuery("SELECT count(*) FROM job")
                                        .mapTo(Long.class)
                                        .one());
    }
}
