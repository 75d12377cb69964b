package mooring.metering.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.journal.MemoryStorage;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Metered;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Crashes between any two steps, and an account of what each request must come to.
class CrashTest {

    private static final int SEEDS = 100;
    private static final int STEPS = 250;

    /// What the test did with one request, to compare with.
    private static final class Story {
        final Acceptance acceptance;
        @Nullable Metered metered;
        boolean acceptSynced;
        boolean acknowledged;
        final List<Usage> delivered = new ArrayList<>();
        int deliveredSynced;
        @Nullable Outcome end;
        boolean endSynced;
        boolean ofEarlierLife;

        Story(Acceptance acceptance, Metered metered) {
            this.acceptance = acceptance;
            this.metered = metered;
        }
    }

    /// A fault that ends the process in the middle of a step.
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    private final MemoryBooks books = new MemoryBooks();
    private final Map<RequestId, Story> stories = new LinkedHashMap<>();
    private final ManualClock clock = new ManualClock();
    private MemoryStorage storage = new MemoryStorage(0);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyRequestComesToOneEndWhateverIsCutShort(boolean powerCuts) {
        for (long seed = 0; seed < SEEDS; seed++) {
            books.booked.clear();
            stories.clear();
            run(new Random(seed), powerCuts);
            check(seed, powerCuts);
        }
    }

    private void run(Random random, boolean powerCuts) {
        storage = new MemoryStorage(64 << 20);
        long epoch = 0;
        int step = 0;
        while (true) {
            NodeEpoch node = new NodeEpoch("node-1", ++epoch);
            Life life = new Life(storage, clock);
            try {
                int prices = random.nextInt(3) == 0 ? random.nextInt(3) : Integer.MAX_VALUE;
                int[] left = {prices};
                life.recover(
                        node,
                        (_, usage) -> {
                            if (left[0]-- == 0) {
                                throw new Killed();
                            }
                            return new Recovery.Priced(Samples.price(usage), UsageRecord.NO_CALLS);
                        });
                Drain drain = life.drain(books);
                if (step >= STEPS) {
                    books.work();
                    Life.all(drain);
                    drain.checkpoint();
                    assertThat(drain.oldestOpen()).isEqualTo(drain.drained());
                    return;
                }
                int until = step + 1 + random.nextInt(STEPS / 3);
                while (step++ < until) {
                    step(random, life, drain, node);
                }
            } catch (Killed cutShort) {
                step++;
            }
            for (Story story : stories.values()) {
                story.metered = null;
                story.ofEarlierLife = true;
            }
            storage = powerCuts ? storage.afterPowerCut(random) : storage.afterKill();
        }
    }

    private void step(Random random, Life life, Drain drain, NodeEpoch node) {
        List<Story> open =
                stories.values().stream().filter(story -> story.metered != null).toList();
        Story any = open.isEmpty() ? null : open.get(random.nextInt(open.size()));
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> {
                Acceptance acceptance =
                        Samples.acceptance(stories.size(), random.nextInt(4) > 0, node);
                Story story = new Story(acceptance, life.meter.open(acceptance));
                stories.put(acceptance.id(), story);
                unchecked(story).durable(Runnable::run).thenRun(() -> story.acceptSynced = true);
            }
            case 3, 4 -> {
                if (any != null) {
                    Usage usage = new Usage(10, 0, 0, 0, any.delivered.size() + 1, 0);
                    unchecked(any).progress(usage);
                    any.delivered.add(usage);
                }
            }
            case 5, 6 -> {
                if (any != null) {
                    Outcome end = Samples.settled(any.acceptance);
                    any.end = end;
                    unchecked(any)
                            .settle((UsageRecord) end, Runnable::run)
                            .thenRun(() -> any.acknowledged = true);
                    any.metered = null;
                }
            }
            case 7 -> {
                if (any != null && any.delivered.isEmpty()) {
                    Release end = Samples.released(any.acceptance);
                    any.end = end;
                    unchecked(any).release(end);
                    any.metered = null;
                }
            }
            case 8 -> {
                sync(random, life);
                if (random.nextBoolean()) {
                    life.progress.sync();
                    open.forEach(each -> each.deliveredSynced = each.delivered.size());
                }
            }
            default -> drainOnce(random, drain);
        }
    }

    private void sync(Random random, Life life) {
        if (random.nextInt(10) == 0) {
            storage.beforeSync(
                    () -> {
                        throw new Killed();
                    });
        }
        life.journal.sync();
        for (Story story : stories.values()) {
            story.endSynced |= story.end != null && !story.ofEarlierLife;
        }
    }

    private void drainOnce(Random random, Drain drain) {
        switch (random.nextInt(4)) {
            case 0 -> books.failBefore(_ -> fail());
            case 1 -> books.failAfter(_ -> fail());
            default -> books.work();
        }
        try {
            drain.drainOnce();
        } catch (IllegalStateException away) {
            assertThat(away).hasMessage("away");
        }
    }

    private static void fail() {
        throw new IllegalStateException("away");
    }

    private static Metered unchecked(Story story) {
        Metered metered = story.metered;
        assertThat(metered).isNotNull();
        return Objects.requireNonNull(metered);
    }

    private void check(long seed, boolean powerCuts) {
        assertThat(books.conflicts).as("seed %d", seed).isEmpty();
        for (Story story : stories.values()) {
            String which = "seed %d, %s".formatted(seed, story.acceptance.id());
            Outcome booked = books.of(story.acceptance.id());
            assertThat(story.acknowledged && !story.endSynced).as(which).isFalse();
            if (story.endSynced) {
                assertThat(booked).as(which).isEqualTo(story.end);
            } else if (booked == null) {
                assertThat(!story.acceptSynced).as(which).isTrue();
            } else if (!booked.equals(story.end)) {
                checkLost(which, story, booked, powerCuts);
            }
        }
        assertThat(books.booked.keySet()).as("seed %d", seed).isSubsetOf(stories.keySet());
    }

    private static void checkLost(String which, Story story, Outcome booked, boolean powerCuts) {
        boolean streamed = story.acceptance.streamed();
        switch (booked) {
            case Release release -> {
                assertThat(release.problem()).as(which).isEqualTo("gateway_lost");
                int sure = powerCuts ? story.deliveredSynced : story.delivered.size();
                assertThat(!streamed || sure == 0).as(which).isTrue();
            }
            case UsageRecord record -> {
                assertThat(streamed).as(which).isTrue();
                assertThat(record.ending()).as(which).isEqualTo(Ending.GATEWAY_LOST);
                assertThat(record.estimated()).as(which).isTrue();
                int least = powerCuts ? Math.max(1, story.deliveredSynced) : story.delivered.size();
                assertThat(record.usage().output())
                        .as(which)
                        .isBetween((long) least, (long) story.delivered.size());
                assertThat(record.charge()).as(which).isEqualTo(Samples.price(record.usage()));
            }
        }
    }
}
