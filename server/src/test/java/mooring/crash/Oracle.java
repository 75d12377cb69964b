package mooring.crash;

import java.util.HashMap;
import java.util.Map;
import mooring.ledger.NodeEpoch;
import mooring.metering.Ending;
import mooring.metering.UsageRecord;

/// Compares what was booked with what each caller saw and what was written down.
final class Oracle {

    private record SetAside(int wallet, NodeEpoch node) {}

    private final Simulation run;
    private final Bank bank;
    private final Map<SetAside, Long> missing = new HashMap<>();

    Oracle(Simulation run) {
        this.run = run;
        this.bank = run.bank;
    }

    void judge(int wallets) {
        long[] paid = new long[wallets];
        int known = 0;
        for (Story story : run.stories) {
            known += judge(story);
            Bank.Booked booked = bank.settled().get(story.id);
            if (booked != null) {
                paid[story.wallet] += booked.payable();
                money(story, booked);
            }
        }
        if (known != bank.settled().size() + bank.released().size()) {
            run.findings.add("outcomes of requests that nobody made");
        }
        if (bank.conflicts() > 0) {
            run.findings.add(bank.conflicts() + " outcomes that differ from what was booked");
        }
        missing.forEach(
                (from, nanos) ->
                        expect(
                                nanos <= 0 || run.givenUp.contains(from.node()),
                                from + ": " + nanos + " nano were set aside and not there"));
        for (int wallet = 0; wallet < wallets; wallet++) {
            Bank.Balance balance = bank.balance(wallet);
            expect(
                    balance.moved() == paid[wallet]
                            && balance.credited() - paid[wallet] - balance.expired()
                                    == balance.posted()
                            && balance.posted() >= 0,
                    "wallet " + wallet + ": requests paid " + paid[wallet] + ", but " + balance);
            expect(
                    balance.held() == 0 && balance.leased() == 0,
                    "wallet " + wallet + ": still leased: " + balance);
        }
    }

    /// @return how many outcomes it has
    private int judge(Story story) {
        Bank.Booked booked = bank.settled().get(story.id);
        boolean released = bank.released().contains(story.id);
        if (booked != null && released) {
            run.findings.add("settled and released: " + story);
        }
        int outcomes = (booked != null ? 1 : 0) + (released ? 1 : 0);
        if (story.acceptance == null) {
            expect(outcomes == 0, "never admitted, and has an outcome: " + story);
        } else if (outcomes == 0) {
            boolean mayBe =
                    run.gone.contains(story.machine)
                            || (story.death != Story.Death.NONE
                                    && !story.acceptDurable
                                    && story.delivered == 0
                                    && !story.sawEnd);
            expect(mayBe, "lost: " + story);
        } else if (booked != null && booked.record().equals(story.end)) {
            expect(!story.sawEnd || booked.record().usage().output() == story.written, "" + story);
        } else if (story.sawEnd) {
            run.findings.add("a complete answer, not billed as such: " + story + " " + booked);
        } else if (story.end != null && story.death == Story.Death.NONE) {
            expect(
                    released && !(story.end instanceof UsageRecord),
                    "ended otherwise: " + story + " " + booked);
        } else {
            lost(story, booked);
        }
        return outcomes;
    }

    /// Ended by a later life.
    private void lost(Story story, Bank.@org.jspecify.annotations.Nullable Booked booked) {
        long sure =
                !story.streamed
                        ? 0
                        : story.death == Story.Death.POWER ? story.progressSynced : story.written;
        if (booked == null) {
            expect(sure == 0, "delivered and let go for nothing: " + story);
            return;
        }
        UsageRecord record = booked.record();
        long output = record.usage().output();
        expect(
                story.streamed
                        && record.ending() == Ending.GATEWAY_LOST
                        && record.estimated()
                        && output >= sure
                        && output <= story.written
                        && (story.death == Story.Death.POWER || output >= story.delivered)
                        && record.charge().equals(Life.price(record.usage())),
                "billed %d tokens (expected: %d..%d): %s"
                        .formatted(output, sure, story.written, story));
    }

    private void money(Story story, Bank.Booked booked) {
        UsageRecord record = booked.record();
        long charge = record.charge().nanos();
        expect(
                booked.payable() + booked.shortfall() == charge
                        && booked.payable() >= 0
                        && booked.shortfall() >= 0,
                "paid " + booked);
        // What a later life bills beyond the hold is taken from others of its time.
        missing.merge(
                new SetAside(story.wallet, record.accepted().node()),
                Math.min(charge, story.heldNanos()) - booked.drawn(),
                Long::sum);
    }

    private void expect(boolean right, String otherwise) {
        if (!right) {
            run.findings.add(otherwise);
        }
    }
}
