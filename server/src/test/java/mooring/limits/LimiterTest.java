package mooring.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.inference.ModelId;
import mooring.problem.LimitKind;
import mooring.problem.LimitScope;
import mooring.problem.Problem;
import mooring.time.PeriodLength;
import mooring.time.Periods;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LimiterTest {

    private static final OrganizationId ACME = new OrganizationId(new UUID(0, 1));
    private static final ProjectId PROJECT = new ProjectId(new UUID(0, 2));
    private static final KeyId KEY = new KeyId(new UUID(0, 3));
    private static final ModelId MODEL = new ModelId("acme-large");

    private final SteppedClock clock = new SteppedClock("2026-03-31T20:00:00Z");

    @Test
    void aTierIsReachedByWhatWasPaidInAndAnOperatorMayGiveAnother() {
        LimitTable table =
                new LimitTable(
                        List.of(
                                new LimitTier("free", 0, rpm(3)),
                                new LimitTier("tier1", 10, rpm(200)),
                                new LimitTier("tier2", 20, rpm(500))),
                        Map.of());
        assertThat(tierOf(table, 0, null)).isEqualTo("free");
        assertThat(tierOf(table, 9, null)).isEqualTo("free");
        assertThat(tierOf(table, 10, null)).isEqualTo("tier1");
        assertThat(tierOf(table, 1_000, null)).isEqualTo("tier2");
        assertThat(tierOf(table, -5, null)).isEqualTo("free");
        assertThat(tierOf(table, 0, "tier2")).isEqualTo("tier2");
        assertThat(tierOf(table, 1_000, "free")).isEqualTo("free");
        assertThat(tierOf(table, 10, "gone from the file")).isEqualTo("tier1");
    }

    @Test
    void requestsBeyondTheLimitAreToldScopeLimitCurrentAndReset() {
        Limiter limiter = limiter(rpm(2));
        granted(limiter, LimitStanding.PLAIN, 1);
        clock.pass(Duration.ofSeconds(10));
        granted(limiter, LimitStanding.PLAIN, 1);
        Problem.LimitReached refused = refused(limiter, LimitStanding.PLAIN, 1);
        assertThat(refused)
                .isEqualTo(
                        new Problem.LimitReached(
                                LimitScope.ORGANIZATION,
                                LimitKind.RPM,
                                2,
                                2,
                                1,
                                Duration.ofSeconds(50)));
        assertThat(refused.message())
                .contains("requests per minute of this organization", "limit 2", "current 2")
                .contains("try again in 50 s");
        clock.pass(Duration.ofSeconds(50));
        granted(limiter, LimitStanding.PLAIN, 1);
        refused(limiter, LimitStanding.PLAIN, 1);
    }

    @Test
    void tokensThatWereNotUsedAreFreeAtTheRequestsEnd() {
        Limiter limiter = limiter(tpm(1_000));
        Permit permit = granted(limiter, LimitStanding.PLAIN, 900);
        assertThat(refused(limiter, LimitStanding.PLAIN, 200).current()).isEqualTo(900);
        permit.release(100);
        permit.release(0);
        assertThat(refused(limiter, LimitStanding.PLAIN, 901).current()).isEqualTo(100);
        granted(limiter, LimitStanding.PLAIN, 900);
    }

    @Test
    void aRequestLargerThanTheWholeLimitIsToldSo() {
        Problem.LimitReached refused = refused(limiter(tpm(1_000)), LimitStanding.PLAIN, 1_001);
        assertThat(refused.neverFits()).isTrue();
        assertThat(refused.message())
                .contains("the request alone is larger", "limit 1000", "requested 1001");
    }

    @Test
    void concurrentRequestsAreCountedWhileTheyRun() {
        Limiter limiter = limiter(new Limits(2, Limits.NONE, Limits.NONE, Limits.NONE));
        Permit first = granted(limiter, LimitStanding.PLAIN, 1);
        granted(limiter, LimitStanding.PLAIN, 1);
        assertThat(refused(limiter, LimitStanding.PLAIN, 1).kind())
                .isEqualTo(LimitKind.CONCURRENCY);
        first.release(1);
        first.undo();
        granted(limiter, LimitStanding.PLAIN, 1);
        refused(limiter, LimitStanding.PLAIN, 1);
    }

    @Test
    void tokensPerDayBeginAnewWithTheOrganizationsDay() {
        Limiter limiter = limiter(new Limits(Limits.NONE, Limits.NONE, Limits.NONE, 1_000));
        LimitStanding losAngeles =
                LimitStanding.PLAIN.inDays(
                        Periods.of(PeriodLength.DAY, ZoneId.of("America/Los_Angeles")));
        Permit before = granted(limiter, losAngeles, 1_000);
        Problem.LimitReached refused = refused(limiter, losAngeles, 1);
        assertThat(refused.kind()).isEqualTo(LimitKind.TPD);
        assertThat(refused.resetAfter()).isEqualTo(Duration.ofHours(11));
        assertThat(refused.soonFits()).isFalse();
        clock.pass(Duration.ofHours(11));
        granted(limiter, losAngeles, 600);
        // What was asked for yesterday gives nothing back today.
        before.release(0);
        assertThat(refused(limiter, losAngeles, 401).current()).isEqualTo(600);
    }

    @Test
    void whatWasUsedOfTheDayBeforeARestartCounts() {
        List<Boolean> away = new ArrayList<>(List.of(true));
        DayUse earlier =
                (organization, subject, from, to) -> {
                    if (away.removeFirst()) {
                        throw new IllegalStateException("the store is away");
                    }
                    assertThat(organization).isEqualTo(ACME);
                    assertThat(subject).isEqualTo(Subject.of(ACME));
                    assertThat(from).isEqualTo("2026-03-31T00:00:00Z");
                    assertThat(to).isEqualTo("2026-03-31T20:00:00Z");
                    return 900;
                };
        Limits daily = new Limits(Limits.NONE, Limits.NONE, Limits.NONE, 1_000);
        Limiter limiter =
                new Limiter(
                        new LimitTable(List.of(new LimitTier("all", 0, daily)), Map.of()),
                        clock,
                        earlier,
                        Runnable::run);
        granted(limiter, LimitStanding.PLAIN, 10);
        away.add(false);
        granted(limiter, LimitStanding.PLAIN, 10);
        assertThat(refused(limiter, LimitStanding.PLAIN, 81).current()).isEqualTo(920);
        granted(limiter, LimitStanding.PLAIN, 80);
        clock.pass(Duration.ofHours(4));
        granted(limiter, LimitStanding.PLAIN, 1_000);
    }

    @Test
    void whatOneLimitRefusesIsCountedInNone() {
        Subject key = Subject.of(KEY);
        LimitStanding standing =
                new LimitStanding(0, null, Map.of(key, rpm(1)), LimitStanding.PLAIN.days());
        Limiter limiter = limiter(new Limits(3, 3, 300, 300));
        granted(limiter, standing, 100).release(100);
        for (int i = 0; i < 10; i++) {
            assertThat(refused(limiter, standing, 100).scope()).isEqualTo(LimitScope.KEY);
        }
        granted(limiter, LimitStanding.PLAIN, 100);
        granted(limiter, LimitStanding.PLAIN, 100);
        assertThat(refused(limiter, LimitStanding.PLAIN, 100).current()).isEqualTo(3);
    }

    @Test
    void eachScopeHasALimitOfItsOwn() {
        for (Subject subject :
                List.of(
                        Subject.of(ACME),
                        Subject.of(PROJECT),
                        Subject.of(KEY),
                        Subject.of(ACME, MODEL))) {
            LimitStanding standing =
                    new LimitStanding(0, null, Map.of(subject, rpm(1)), LimitStanding.PLAIN.days());
            Limiter limiter = limiter(Limits.UNLIMITED);
            granted(limiter, standing, 1);
            assertThat(refused(limiter, standing, 1).scope()).isEqualTo(subject.scope());
        }
    }

    @Test
    void theCataloguesLimitOfAModelIsForEachOrganization() {
        Limiter limiter =
                new Limiter(
                        new LimitTable(List.of(), Map.of(MODEL, rpm(1))),
                        clock,
                        DayUse.NONE,
                        Runnable::run);
        granted(limiter, LimitStanding.PLAIN, 1);
        assertThat(refused(limiter, LimitStanding.PLAIN, 1).scope()).isEqualTo(LimitScope.MODEL);
        Limiter.Caller other =
                new Limiter.Caller(
                        new OrganizationId(new UUID(9, 9)),
                        PROJECT,
                        KEY,
                        MODEL,
                        LimitStanding.PLAIN);
        assertThat(limiter.admit(other, clock.now(), 1)).isInstanceOf(LimitDecision.Granted.class);
    }

    @Test
    void aCallerIsToldTheTightestLimits() {
        Allowance allowance =
                granted(limiter(new Limits(5, 10, 1_000, 500)), LimitStanding.PLAIN, 100)
                        .allowance();
        Allowance.Room requests = Objects.requireNonNull(allowance.requests());
        assertThat(requests.limit()).isEqualTo(10);
        assertThat(requests.remaining()).isEqualTo(9);
        Allowance.Room tokens = Objects.requireNonNull(allowance.tokens());
        assertThat(tokens.limit()).isEqualTo(500);
        assertThat(tokens.remaining()).isEqualTo(400);
    }

    @Test
    void whoIsIdleIsForgotten() {
        Limiter limiter = limiter(rpm(10));
        Permit permit = granted(limiter, LimitStanding.PLAIN, 1);
        clock.pass(Duration.ofSeconds(61));
        limiter.sweep(clock.now());
        assertThat(limiter.subjects()).isEqualTo(1);
        permit.release(1);
        limiter.sweep(clock.now());
        assertThat(limiter.subjects()).isZero();
        granted(limiter, LimitStanding.PLAIN, 1);
    }

    /// Requests and tokens limited together: each has all of its own limit, whatever the other's.
    @Test
    void g12TwoLimitsDoNotThrottleEachOther() {
        Random random = new Random(12);
        Limiter limiter = limiter(new Limits(Limits.NONE, 6_000, 600_000, Limits.NONE));
        Accepted requests = new Accepted();
        Accepted tokens = new Accepted();
        Deque<Runnable> running = new ArrayDeque<>();
        for (int i = 0; i < 120_000; i++) {
            clock.pass(Duration.ofMillis(5));
            long asked = 50L + random.nextInt(150);
            long used = asked / 2;
            if (admit(limiter, LimitStanding.PLAIN, asked)
                    instanceof LimitDecision.Granted(Permit permit)) {
                requests.add(clock.monotonicNanos(), 1);
                tokens.add(clock.monotonicNanos(), used);
                running.add(() -> permit.release(used));
                if (running.size() > 20) {
                    running.remove().run();
                }
            }
        }
        assertThat(requests.mostInAMinute()).isLessThanOrEqualTo(6_000);
        assertThat(tokens.mostInAMinute()).isLessThanOrEqualTo(600_000);
        assertThat(requests.sum()).isBetween(59_400L, 66_000L);
    }

    @Test
    void manyThreadsNeverGetMoreThanThereIsAndLeaveNothingBehind() throws InterruptedException {
        Limiter limiter = limiter(new Limits(50, 10_000, Limits.NONE, Limits.NONE));
        AtomicInteger granted = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int n = 0; n < 20_000; n++) {
                                            if (admit(limiter, LimitStanding.PLAIN, 1)
                                                    instanceof
                                                    LimitDecision.Granted(Permit permit)) {
                                                granted.incrementAndGet();
                                                permit.release(1);
                                            }
                                            limiter.sweep(clock.now());
                                        }
                                    }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(granted).hasValue(10_000);
        clock.pass(Duration.ofSeconds(60));
        limiter.sweep(clock.now());
        assertThat(limiter.subjects()).isZero();
    }

    private Limiter limiter(Limits limits) {
        return new Limiter(
                new LimitTable(List.of(new LimitTier("all", 0, limits)), Map.of()),
                clock,
                DayUse.NONE,
                Runnable::run);
    }

    private LimitDecision admit(Limiter limiter, LimitStanding standing, long tokens) {
        return limiter.admit(
                new Limiter.Caller(ACME, PROJECT, KEY, MODEL, standing), clock.now(), tokens);
    }

    private Permit granted(Limiter limiter, LimitStanding standing, long tokens) {
        LimitDecision decision = admit(limiter, standing, tokens);
        assertThat(decision).isInstanceOf(LimitDecision.Granted.class);
        return ((LimitDecision.Granted) decision).permit();
    }

    private Problem.LimitReached refused(Limiter limiter, LimitStanding standing, long tokens) {
        LimitDecision decision = admit(limiter, standing, tokens);
        assertThat(decision).isInstanceOf(LimitDecision.Refused.class);
        return ((LimitDecision.Refused) decision).problem();
    }

    private static String tierOf(LimitTable table, long recharged, @Nullable String given) {
        LimitTier tier =
                table.tier(
                        new LimitStanding(recharged, given, Map.of(), LimitStanding.PLAIN.days()));
        return Objects.requireNonNull(tier).name();
    }

    private static Limits rpm(long limit) {
        return new Limits(Limits.NONE, limit, Limits.NONE, Limits.NONE);
    }

    private static Limits tpm(long limit) {
        return new Limits(Limits.NONE, Limits.NONE, limit, Limits.NONE);
    }
}
