package mooring.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class WindowTest {

    private static final long TEN_MINUTES = Duration.ofMinutes(10).toNanos();

    @Property(tries = 60)
    void noSixtySecondsSeeMoreThanTheLimit(
            @ForAll @LongRange(min = 1, max = 20_000) long limit,
            @ForAll @IntRange(min = 1, max = 300) int most,
            @ForAll long seed) {
        Random random = new Random(seed);
        Window window = new Window();
        Accepted accepted = new Accepted();
        long nanos = random.nextLong();
        for (int i = 0; i < 4_000; i++) {
            // Bursts, pauses, and everything between them.
            nanos += (long) (Math.pow(random.nextDouble(), 6) * 20_000_000_000L);
            long amount = 1L + random.nextInt(most);
            if (window.used(nanos) + amount <= limit) {
                window.add(nanos, amount, limit);
                accepted.add(nanos, amount);
            }
        }
        assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(limit);
    }

    @Property(tries = 60)
    void whatIsGivenBackIsFreeAtOnceAndNothingElseIs(
            @ForAll @LongRange(min = 50, max = 20_000) long limit, @ForAll long seed) {
        Random random = new Random(seed);
        Window window = new Window();
        Accepted accepted = new Accepted();
        long nanos = random.nextLong();
        for (int i = 0; i < 4_000; i++) {
            nanos += (long) (Math.pow(random.nextDouble(), 4) * 5_000_000_000L);
            long amount = 1 + random.nextLong(limit / 10 + 1);
            long unused = random.nextLong(amount);
            long before = window.used(nanos);
            if (before + amount <= limit) {
                long step = window.add(nanos, amount, limit);
                window.giveBack(step, unused);
                assertThat(window.used(nanos)).isEqualTo(before + amount - unused);
                accepted.add(nanos, amount - unused);
            }
        }
        assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(limit);
    }

    @Property(tries = 40)
    void limitsBelowAHundredAreExact(
            @ForAll @LongRange(min = 1, max = 99) long limit, @ForAll long seed) {
        Random random = new Random(seed);
        Window window = new Window();
        Deque<Long> exact = new ArrayDeque<>();
        long nanos = random.nextLong();
        for (int i = 0; i < 5_000; i++) {
            nanos += random.nextLong(2 * 30_000_000_000L / limit);
            while (!exact.isEmpty() && nanos - exact.peekFirst() >= Window.SPAN_NANOS) {
                exact.removeFirst();
            }
            assertThat(window.used(nanos)).isEqualTo(exact.size());
            if (exact.size() < limit) {
                exact.addLast(nanos);
                window.add(nanos, 1, limit);
            }
        }
    }

    @Property(tries = 25)
    void almostTheWholeLimitIsHadUnderTwiceTheDemand(
            @ForAll @LongRange(min = 100, max = 20_000) long limit, @ForAll long seed) {
        Random random = new Random(seed);
        Window window = new Window();
        Accepted accepted = new Accepted();
        for (long nanos = 0; nanos < TEN_MINUTES; ) {
            nanos += random.nextLong(2 * 30_000_000_000L / limit);
            if (nanos < TEN_MINUTES && window.used(nanos) < limit) {
                window.add(nanos, 1, limit);
                accepted.add(nanos, 1);
            }
        }
        assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(limit);
        assertThat(accepted.sum()).isGreaterThanOrEqualTo(limit * 10 * 99 / 100);
    }

    @Example
    void aWaitIsAsLongAsItTakesAndNotLonger() {
        Window window = new Window();
        window.add(0, 10, 30);
        window.add(Duration.ofSeconds(10).toNanos(), 20, 30);
        long now = Duration.ofSeconds(20).toNanos();
        assertThat(window.nanosUntil(now, 10)).isEqualTo(Duration.ofSeconds(40).toNanos());
        assertThat(window.nanosUntil(now, 11)).isEqualTo(Duration.ofSeconds(50).toNanos());
        assertThat(window.used(Duration.ofSeconds(60).toNanos())).isEqualTo(20);
        assertThat(window.used(Duration.ofSeconds(70).toNanos())).isZero();
    }

    @Example
    void aStepThatHasLeftTakesNothingBack() {
        Window window = new Window();
        long step = window.add(0, 500, 1_000);
        long later = Duration.ofSeconds(61).toNanos();
        assertThat(window.used(later)).isZero();
        window.add(later, 700, 1_000);
        window.giveBack(step, 500);
        assertThat(window.used(later)).isEqualTo(700);
    }
}
