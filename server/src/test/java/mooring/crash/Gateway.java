package mooring.crash;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.MeterException;
import mooring.metering.Metered;
import mooring.metering.Release;
import mooring.metering.Served;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.rating.PromptBound;
import mooring.rating.Rating;

/// What the gateway and its engine do with each request, in steps between which anything may
/// happen: the same calls in the same order as the product's.
final class Gateway {

    private static final ModelId MODEL = new ModelId("kauri");
    private static final Served SERVED = new Served("replica-1", 1, Served.NOWHERE.timeline());
    private static final int MAX_ATTEMPTS = 3;

    /// Coverage is extended when so much of it is used, in tenths.
    private static final int EXTEND_TENTHS = 8;

    private final Simulation simulation;
    private final RandomGenerator random;
    private final Fault fault;

    Gateway(Simulation simulation) {
        this.simulation = simulation;
        this.random = simulation.random;
        this.fault = simulation.fault;
    }

    /// Draws what will come of a request: a charge of 10 to 130 percent of its hold.
    void plan(Story story) {
        story.heldOutput = 32L + random.nextInt(256);
        story.promptBound = 50L + random.nextInt(2_000);
        long tenths = 1L + random.nextInt(13);
        long hold = firstHold(story).nanos();
        long most = story.heldOutput * (random.nextInt(6) == 0 ? 3 : 1);
        story.output = 1 + random.nextLong(most);
        long forPrompt = hold * tenths / 10 - story.output * 1_000;
        long tokens = Math.max(1, forPrompt / 500);
        story.prompt = Usage.ofPrompt(tokens, random.nextInt(3) == 0 ? tokens / 2 : 0, 0, 0);
        int fate = random.nextInt(20);
        story.attemptsToFail =
                fate == 0 ? MAX_ATTEMPTS : fate < 3 ? 1 + random.nextInt(MAX_ATTEMPTS - 1) : 0;
        story.leaveAt = random.nextInt(12) == 0 ? random.nextLong(story.output + 1) : -1;
        story.breakAt = random.nextInt(20) == 0 ? random.nextLong(story.output + 1) : -1;
    }

    void step(Story story) {
        switch (story.state) {
            case ARRIVED -> arrive(story);
            case CHECKED -> takeLate(story);
            case WAITING, EXTENDING -> {
                var decision = requireNonNull(story.decision);
                if (decision.isDone()) {
                    story.decision = null;
                    decided(story, decision.join());
                }
            }
            case PLACED -> open(story);
            case RUNNING -> runOn(story);
            case SENDING -> {
                story.delivered += story.chunk;
                story.state = Story.State.RUNNING;
            }
            case CHARGING -> charge(story);
            case ENDING -> {
                if (story.endDurable) {
                    story.sawEnd = true;
                    over(story);
                } else if (story.endFailed) {
                    over(story);
                }
            }
            case OVER -> {}
        }
    }

    private void arrive(Story story) {
        Money amount = firstHold(story);
        story.covered = story.heldOutput;
        var wallet = simulation.bank.payer(story.wallet).wallet();
        if (fault == Fault.CHECK_BEFORE_LOCK) {
            Money available = story.life.book.available(wallet);
            if (available != null && available.compareTo(amount) >= 0) {
                story.hold = new Hold(story.id, wallet, amount);
                story.state = Story.State.CHECKED;
                return;
            }
        }
        story.state = Story.State.WAITING;
        decided(story, story.life.book.place(story.id, wallet, List.of(), amount));
    }

    private void takeLate(Story story) {
        Hold hold = requireNonNull(story.hold);
        var _ = story.life.book.place(story.id, hold.wallet(), List.of(), hold.amount());
        story.state = Story.State.PLACED;
    }

    private void decided(Story story, HoldDecision decision) {
        boolean extending = story.state == Story.State.EXTENDING;
        switch (decision) {
            case HoldDecision.Granted(Hold hold) -> {
                story.hold = hold;
                if (extending) {
                    story.covered += story.heldOutput;
                    story.state = Story.State.RUNNING;
                } else {
                    story.state = Story.State.PLACED;
                }
            }
            case HoldDecision.Refused _ -> {
                if (extending) {
                    settle(story, Ending.INSUFFICIENT_QUOTA);
                } else {
                    over(story);
                }
            }
            case HoldDecision.Unavailable _ -> {
                if (extending) {
                    settle(story, Ending.GATEWAY_LOST);
                } else {
                    over(story);
                }
            }
            case HoldDecision.Waiting(var later) -> story.decision = later.toCompletableFuture();
        }
    }

    private void open(Story story) {
        Hold hold = requireNonNull(story.hold);
        Bank.Payer payer = simulation.bank.payer(story.wallet);
        Acceptance acceptance =
                new Acceptance(
                        story.id,
                        payer.organization(),
                        payer.project(),
                        payer.key(),
                        MODEL,
                        ServiceTier.STANDARD,
                        hold,
                        simulation.bank.prices(),
                        null,
                        story.machine.clock.now(),
                        story.streamed,
                        story.node());
        try {
            Metered metered = story.life.meter.open(acceptance);
            story.acceptance = acceptance;
            story.metered = metered;
            var _ =
                    metered.durable(Runnable::run)
                            .whenComplete((_, e) -> story.acceptDurable |= e == null);
            story.state = Story.State.RUNNING;
        } catch (MeterException unwritten) {
            story.life.book.release(hold);
            over(story);
        }
    }

    private void runOn(Story story) {
        if (story.attempts < story.attemptsToFail) {
            if (++story.attempts == MAX_ATTEMPTS) {
                release(story);
            }
            return;
        }
        if (story.delivered > story.written) {
            writeProgress(story);
        } else if (story.leaveAt >= 0 && story.written >= story.leaveAt) {
            settle(story, Ending.CANCELLED);
        } else if (story.breakAt >= 0 && story.written >= story.breakAt) {
            if (story.streamed && story.delivered > 0) {
                settle(story, Ending.ENGINE_LOST);
            } else {
                release(story);
            }
        } else if (!story.streamed) {
            story.written = story.output;
            settle(story, Ending.STOP);
        } else if (story.written == story.output) {
            settle(story, Ending.STOP);
        } else {
            sendMore(story);
        }
    }

    private void sendMore(Story story) {
        if (!story.acceptDurable && fault != Fault.CONTENT_BEFORE_ACCEPT) {
            return;
        }
        long left = story.output - story.written;
        long chunk = Math.min(left, 1 + random.nextLong(Math.max(1, story.output / 2)));
        if (story.written + chunk > story.covered * EXTEND_TENTHS / 10
                && story.covered < story.output) {
            Money by =
                    Rating.outputBound(
                            PromptBound.upTo(story.promptBound),
                            story.heldOutput,
                            ServiceTier.STANDARD,
                            Life.PRICE,
                            Currency.USD);
            story.state = Story.State.EXTENDING;
            decided(story, story.life.book.extend(requireNonNull(story.hold), by));
            return;
        }
        story.chunk = chunk;
        story.state = Story.State.SENDING;
        if (fault != Fault.CONTENT_BEFORE_PROGRESS) {
            writeProgress(story);
        }
    }

    private void writeProgress(Story story) {
        long sum = story.written + story.chunk;
        requireNonNull(story.metered).progress(story.prompt.withOutput(sum, 0));
        story.written = sum;
    }

    private void settle(Story story, Ending ending) {
        Hold hold = requireNonNull(story.hold);
        Metered metered = requireNonNull(story.metered);
        Usage usage = story.prompt.withOutput(story.written, 0);
        UsageRecord record =
                new UsageRecord(
                        requireNonNull(story.acceptance),
                        hold,
                        story.machine.clock.now(),
                        ending,
                        ending != Ending.STOP,
                        usage,
                        UsageRecord.NO_CALLS,
                        Life.price(usage),
                        SERVED);
        if (fault == Fault.RELEASE_BEFORE_SETTLE) {
            story.life.book.release(hold);
        }
        if (fault == Fault.PROGRESS_FREED_BEFORE_SYNC) {
            Life.forgetProgress(story.machine.disk, story.id.uuid());
        }
        story.end = record;
        boolean complete = ending == Ending.STOP;
        if (fault == Fault.END_BEFORE_SYNC && complete) {
            story.sawEnd = true;
        }
        story.state = Story.State.CHARGING;
        var _ =
                metered.settle(record, Runnable::run)
                        .whenComplete(
                                (_, failure) -> {
                                    story.endDurable = failure == null;
                                    story.endFailed = failure != null;
                                });
        if (story.endFailed) {
            // Not written at all: the next start finds how far it had come.
            story.end = null;
        }
        if (random.nextInt(4) > 0) {
            charge(story);
        }
    }

    private void charge(Story story) {
        UsageRecord record = story.end instanceof UsageRecord written ? written : null;
        Hold hold = requireNonNull(story.hold);
        Usage usage = story.prompt.withOutput(story.written, 0);
        story.life.book.charged(hold, record == null ? Life.price(usage) : record.charge());
        story.state = Story.State.ENDING;
    }

    private void release(Story story) {
        Release release =
                new Release(
                        requireNonNull(story.acceptance),
                        story.machine.clock.now(),
                        "engine_failed",
                        SERVED);
        long before = story.life.journal.appended();
        requireNonNull(story.metered).release(release);
        if (story.life.journal.appended() > before) {
            story.end = release;
            story.endPosition = story.life.journal.appended();
        }
        story.life.book.release(requireNonNull(story.hold));
        over(story);
    }

    private void over(Story story) {
        simulation.over(story);
    }

    private static Money firstHold(Story story) {
        return Rating.upperBound(
                PromptBound.upTo(story.promptBound),
                story.heldOutput,
                UsageRecord.NO_CALLS,
                ServiceTier.STANDARD,
                Life.PRICE,
                Currency.USD);
    }

    /// As of the first moments of the run, whose day the books sort it under.
    static RequestId id(long startMillis, long seed, int number) {
        return new RequestId(
                new UUID(
                        ((startMillis + number) << 16) | 0x7000,
                        Long.MIN_VALUE | (seed & 0x3fff_ffff_ffff_ffffL)));
    }
}
