package mooring.idempotency.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import mooring.crypto.MasterKey;
import mooring.idempotency.Digest;
import mooring.idempotency.KeptAnswers;
import mooring.idempotency.KeptAnswers.Known;
import mooring.idempotency.KeptAnswers.Question;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.testing.MovingClock;
import mooring.testing.TestDatabase;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresKeptAnswersTest {

    private static final MasterKey KEY = MasterKey.parse("0123456789abcdef".repeat(4));

    private final TestDatabase database = TestDatabase.create();
    private final Jdbi jdbi = database.database().jdbi();
    private final MovingClock clock = new MovingClock("2026-03-31T20:00:00Z");
    private final IdGenerator ids = new IdGenerator(clock);
    private final PostgresKeptAnswers answers = new PostgresKeptAnswers(jdbi, clock, KEY);

    @AfterAll
    void close() {
        database.close();
    }

    @Test
    void ofManyAtOnceExactlyOneGetsTheClaim() throws Exception {
        Question question = question("many");
        CountDownLatch begin = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Known>> known =
                    IntStream.range(0, 16)
                            .mapToObj(
                                    _ ->
                                            threads.submit(
                                                    () -> {
                                                        begin.await();
                                                        return answers.claim(
                                                                question, ids.nextRequest());
                                                    }))
                            .toList();
            begin.countDown();
            int claimed = 0;
            for (Future<Known> each : known) {
                Known found = each.get();
                assertThat(found).isInstanceOfAny(Known.Claimed.class, Known.Running.class);
                claimed += found instanceof Known.Claimed ? 1 : 0;
            }
            assertThat(claimed).isEqualTo(1);
        }
    }

    @Test
    void anAnswerIsKeptSealedAndGivenToWhoAsksTheSame() {
        Question question = question("kept");
        RequestId first = ids.nextRequest();
        assertThat(answers.claim(question, first)).isEqualTo(new Known.Claimed());
        answers.keep(
                question,
                new KeptAnswers.Answer(first, "text/plain", Buffer.buffer("the secret answer")));

        assertThat(answers.claim(question, ids.nextRequest()))
                .isEqualTo(
                        new Known.Kept(
                                new KeptAnswers.Answer(
                                        first, "text/plain", Buffer.buffer("the secret answer"))));
        byte[] stored =
                jdbi.withHandle(
                        handle ->
                                handle.createQuery(
                                                "SELECT sealed FROM idempotent_answer"
                                                        + " WHERE request_id = :request")
                                        .bind("request", first.uuid())
                                        .mapTo(byte[].class)
                                        .one());
        assertThat(new String(stored, StandardCharsets.ISO_8859_1)).doesNotContain("secret");
        // Another project's key of the same name is another key.
        Question elsewhere =
                new Question(
                        question.organization(),
                        new ProjectId(UUID.randomUUID()),
                        question.keyHash(),
                        question.fingerprint());
        assertThat(answers.claim(elsewhere, ids.nextRequest())).isEqualTo(new Known.Claimed());
        Question other =
                new Question(
                        question.organization(),
                        question.project(),
                        question.keyHash(),
                        Digest.of("something else"));
        assertThat(answers.claim(other, ids.nextRequest())).isEqualTo(new Known.Other());
    }

    @Test
    void aKeyBeginsAnewAfterADayAndItsAnswerIsDeleted() {
        clock.moveTo("2026-04-01T00:00:00Z");
        Question question = question("old");
        RequestId first = ids.nextRequest();
        answers.claim(question, first);
        answers.keep(question, new KeptAnswers.Answer(first, "text/plain", Buffer.buffer("old")));
        clock.moveTo("2026-04-01T23:59:59Z");
        assertThat(answers.claim(question, ids.nextRequest())).isInstanceOf(Known.Kept.class);
        clock.moveTo("2026-04-02T00:00:00Z");
        new ExpiredAnswers(jdbi, clock).delete();
        int rows =
                jdbi.withHandle(
                        handle ->
                                handle.createQuery(
                                                "SELECT count(*) FROM idempotent_answer"
                                                        + " WHERE request_id = :request")
                                        .bind("request", first.uuid())
                                        .mapTo(Integer.class)
                                        .one());
        assertThat(rows).isZero();
        assertThat(answers.claim(question, ids.nextRequest())).isEqualTo(new Known.Claimed());
        clock.moveTo("2026-03-31T20:00:00Z");
    }

    @Test
    void aClaimWhoseNodeDiedWaitsUntilItsChargeCanNoLongerCome() {
        clock.moveTo("2026-05-01T00:00:00Z");
        Question question = question("died");
        RequestId first = ids.nextRequest();
        answers.claim(question, first);
        clock.moveTo("2026-05-01T00:00:20Z");
        answers.renew(List.of(first));
        clock.moveTo("2026-05-01T00:00:49Z");
        assertThat(answers.claim(question, ids.nextRequest())).isEqualTo(new Known.Running(first));
        clock.moveTo("2026-05-01T00:30:00Z");
        assertThat(answers.claim(question, ids.nextRequest())).isEqualTo(new Known.Running(first));
        clock.moveTo("2026-05-01T00:36:00Z");
        assertThat(answers.claim(question, ids.nextRequest())).isEqualTo(new Known.Claimed());
        // The first one is late: it has nothing to say any more.
        answers.keep(question, new KeptAnswers.Answer(first, "text/plain", Buffer.buffer("late")));
        answers.release(question, first);
        assertThat(answers.claim(question, ids.nextRequest())).isInstanceOf(Known.Running.class);
        clock.moveTo("2026-03-31T20:00:00Z");
    }

    @Test
    void whatWasNotKeptIsToldAndWhatCostNothingBeginsAnew() {
        Question large = question("large");
        RequestId first = ids.nextRequest();
        answers.claim(large, first);
        answers.doNotKeep(large, first, true);
        assertThat(answers.claim(large, ids.nextRequest()))
                .isEqualTo(new Known.NotKept(first, true));

        Question failed = question("failed");
        RequestId refused = ids.nextRequest();
        answers.claim(failed, refused);
        answers.release(failed, refused);
        assertThat(answers.claim(failed, ids.nextRequest())).isEqualTo(new Known.Claimed());
    }

    private static Question question(String key) {
        return new Question(
                new OrganizationId(new UUID(0, 1)),
                new ProjectId(new UUID(0, 2)),
                Digest.of(key),
                Digest.of("what was asked"));
    }
}
