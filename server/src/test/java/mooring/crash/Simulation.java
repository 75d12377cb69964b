package mooring.crash;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import mooring.ids.RequestId;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;

/// One run of everything by one seed: who takes the next step, how long it takes, and what fails.
final class Simulation {

    static final int MAX_WALLETS = 4;

    /// A run that needs more steps for a request hangs.
    private static final int STEPS_A_REQUEST = 400;

    private static final int QUIET_STEPS = 200_000;
    private static final int CLOSE_STEPS = 400;
    private static final long MILLI = 1_000_000;

    /// Longer than any lease lives without a heartbeat.
    private static final long SILENCE_NANOS = 31_000 * MILLI;

    /// Shorter than the time after which the store may take a node for dead.
    private static final long LONGEST_JUMP_MILLIS = 15_000;

    private static final int MAX_BEATS = 12;
    private static final int MAX_MACHINES = 5;

    /// @param trace the same for the same seed: whether a run repeats itself
    record Result(
            long seed, int requests, long steps, long deaths, long trace, List<String> found) {
        boolean good() {
            return found.isEmpty();
        }
    }

    final long seed;
    final Fault fault;
    final RandomGenerator random;
    final SimulatedTime time;
    final Findings findings;
    final Bank bank;
    final Line.Network network = new Line.Network();
    final List<Story> stories = new ArrayList<>();
    final Set<NodeEpoch> givenUp = new HashSet<>();
    final Set<Machine> gone = new HashSet<>();
    boolean calm;

    private final int requests;
    private final int wallets;
    private final int concurrent;
    private final List<Machine> machines = new ArrayList<>();
    private final List<Story> active = new ArrayList<>();
    private final Gateway gateway;
    private long steps;
    private long deaths;
    private long trace;

    Simulation(
            long seed,
            int requests,
            Fault fault,
            SimulatedTime time,
            Findings findings,
            Bank bank,
            int wallets) {
        this.seed = seed;
        this.requests = requests;
        this.fault = fault;
        this.random = new SplittableRandom(seed);
        this.time = time;
        this.findings = findings;
        this.bank = bank;
        this.wallets = wallets;
        this.concurrent = 4 + random.nextInt(40);
        this.gateway = new Gateway(this);
        for (int nodes = 1 + random.nextInt(3); nodes > 0; nodes--) {
            machines.add(new Machine("node-%d-%d".formatted(seed, nodes), time));
        }
    }

    /// What the customers of a seed have; the last one is nearly out of money.
    static List<List<Bank.Credit>> credits(long seed, int requests) {
        SplittableRandom random = new SplittableRandom(~seed);
        List<List<Bank.Credit>> all = new ArrayList<>();
        for (int left = 1 + random.nextInt(MAX_WALLETS - 1); left > 0; left--) {
            List<Bank.Credit> credits = new ArrayList<>();
            credits.add(new Bank.Credit(requests * 1_000_000L, 0));
            if (random.nextInt(3) == 0) {
                credits.add(new Bank.Credit(requests * 100_000L, 2 + random.nextInt(20)));
                credits.add(new Bank.Credit(requests * 50_000L, 30 + random.nextInt(20)));
            }
            all.add(credits);
        }
        all.add(
                List.of(
                        new Bank.Credit(20_000_000L + random.nextInt(60_000_000), 0),
                        new Bank.Credit(10_000_000L, 1 + random.nextInt(10))));
        return all;
    }

    Result run() {
        try {
            long limit = (long) requests * STEPS_A_REQUEST + QUIET_STEPS;
            while ((stories.size() < requests || !active.isEmpty()) && findings.none()) {
                if (steps > limit) {
                    findings.add("does not come to an end: " + active);
                    break;
                }
                step();
            }
            if (findings.none()) {
                quiet();
            }
            if (findings.none()) {
                new Oracle(this).judge(wallets);
            }
        } catch (RuntimeException | AssertionError | Killed e) {
            findings.add(e + " at " + e.getStackTrace()[0]);
        }
        return new Result(seed, stories.size(), steps, deaths, trace, told());
    }

    /// What was found, with what is known of the requests that it names.
    private List<String> told() {
        List<String> all = new ArrayList<>(findings.all());
        for (Story story : stories) {
            String id = story.id.toString();
            if (findings.all().stream().anyMatch(found -> found.contains(id))) {
                all.add(id + " is " + story);
            }
        }
        return all;
    }

    void over(Story story) {
        story.state = Story.State.OVER;
        forget(story);
    }

    private void forget(Story story) {
        if (story.index < 0) {
            return;
        }
        Story last = active.removeLast();
        if (last != story) {
            active.set(story.index, last);
            last.index = story.index;
        }
        story.index = -1;
    }

    private void step() {
        steps++;
        time.advance(random.nextInt(1, 80) * 1_000L);
        int dice = random.nextInt(10_000);
        trace = trace * 31 + dice;
        if (dice < 1_200) {
            if (stories.size() < requests && active.size() < concurrent) {
                arrive();
            } else {
                stepStory();
            }
        } else if (dice < 6_800) {
            stepStory();
        } else if (dice < 9_900) {
            stepNode(dice);
        } else {
            happen(dice - 9_900);
        }
    }

    private void arrive() {
        Machine machine = any();
        Life life = machine.life;
        if (life == null) {
            return;
        }
        int number = stories.size();
        RequestId id = Gateway.id(time.startMillis(), seed, number);
        Story story =
                new Story(
                        number, id, random.nextInt(wallets), random.nextInt(4) > 0, machine, life);
        gateway.plan(story);
        story.index = active.size();
        active.add(story);
        stories.add(story);
        machine.stories.add(story);
    }

    private void stepStory() {
        if (active.isEmpty()) {
            return;
        }
        Story story = active.get(random.nextInt(active.size()));
        trace = trace * 31 + story.number;
        alive(story.machine, () -> gateway.step(story));
    }

    private void stepNode(int dice) {
        Machine machine = any();
        Life life = machine.life;
        if (life == null) {
            if (random.nextInt(40) == 0) {
                start(machine, random.nextInt(3) == 0 ? random.nextInt(MAX_BEATS) : -1);
            }
            return;
        }
        alive(
                machine,
                () -> {
                    if (dice < 8_000) {
                        life.sync();
                    } else if (dice < 8_700) {
                        life.keep();
                    } else if (dice < 8_800) {
                        life.book.tick();
                    } else if (dice < 9_550) {
                        life.drainOnce();
                    } else if (dice < 9_600) {
                        life.syncProgress();
                    } else if (dice < 9_650) {
                        life.trim();
                    } else if (dice < 9_750) {
                        hearRecall(life);
                    } else {
                        life.closeEarlierLives();
                    }
                });
        if (!life.healthy() && machine.life != null && random.nextInt(20) == 0) {
            die(machine);
        }
    }

    /// A notice reaches one node, or nobody: the next heartbeat tells all the same.
    private void hearRecall(Life life) {
        Purse purse = network.recalls.poll();
        if (purse != null) {
            life.book.recalled(purse);
        }
    }

    /// Rare things, by a number below 100.
    private void happen(int dice) {
        Machine machine = any();
        switch (dice) {
            case 0, 1, 2, 3 -> die(machine);
            case 4, 5, 6, 7 -> {
                Life life = machine.life;
                if (life != null) {
                    life.pulse.dieAfter(random.nextInt(MAX_BEATS));
                }
            }
            case 8, 9, 10 -> {
                network.down = random.nextInt(4) == 0;
                if (network.down) {
                    bank.restart();
                }
            }
            case 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 -> network.down = false;
            case 21, 22, 23 -> bank.expire();
            case 24 -> time.advance(random.nextLong(LONGEST_JUMP_MILLIS) * MILLI);
            case 25, 26, 27, 28, 29, 30 -> time.advance(random.nextLong(800) * MILLI);
            case 31 -> machine.clock.jump((random.nextLong(7_200_000) - 3_600_000) * MILLI);
            case 32 -> {
                if (random.nextInt(10) == 0) {
                    giveUp(machine);
                }
            }
            case 33 -> {
                if (random.nextInt(10) == 0) {
                    loseForGood(machine);
                }
            }
            case 34 -> {
                if (machine.life != null && random.nextInt(5) == 0) {
                    machine.disk.failing(true);
                }
            }
            default -> stepStory();
        }
    }

    /// Declared lost though its disk is not, by somebody who heard nothing of it.
    private void giveUp(Machine machine) {
        time.advance(SILENCE_NANOS);
        bank.lost(machine.name);
        givenUp.addAll(machine.lives);
    }

    private void loseForGood(Machine machine) {
        if (gone.size() + machines.size() >= MAX_MACHINES) {
            return;
        }
        end(machine, Story.Death.KILL);
        gone.add(machine);
        givenUp.addAll(machine.lives);
        machines.remove(machine);
        machines.add(new Machine(machine.name + "-again", time));
    }

    private void die(Machine machine) {
        if (machine.life != null) {
            end(machine, random.nextBoolean() ? Story.Death.KILL : Story.Death.POWER);
        }
    }

    private void end(Machine machine, Story.Death how) {
        deaths++;
        for (Story story : machine.stories) {
            forget(story);
        }
        machine.end(how, random);
    }

    private void start(Machine machine, int beats) {
        try {
            Life life = new Life(this, machine, beats < 0 ? Integer.MAX_VALUE : beats);
            machine.life = life;
            machine.recovered();
        } catch (Away away) {
            // Another time.
        } catch (Killed killed) {
            end(machine, random.nextBoolean() ? Story.Death.KILL : Story.Death.POWER);
        }
    }

    /// One step of a process, in which it may die.
    private void alive(Machine machine, Runnable step) {
        Life life = requireNonNull(machine.life);
        try {
            step.run();
            if (life.pulse.dead()) {
                throw new Killed();
            }
        } catch (Killed killed) {
            end(machine, random.nextBoolean() ? Story.Death.KILL : Story.Death.POWER);
        }
    }

    private Machine any() {
        return machines.get(random.nextInt(machines.size()));
    }

    // The end ------------------------------------------------------------------------------

    /// No new requests and no more faults: everything that was begun is brought to its end.
    private void quiet() {
        calm = true;
        network.down = false;
        time.advance(SILENCE_NANOS);
        gone.forEach(machine -> bank.lost(machine.name));
        for (Machine machine : machines) {
            if (machine.life != null) {
                machine.life.pulse.dieAfter(Integer.MAX_VALUE);
                machine.life.line.calm = true;
                // It may have been given up and not heard of it.
                var _ = machine.life.keeper.step();
                if (!machine.life.healthy()) {
                    end(machine, Story.Death.KILL);
                }
            }
            machine.disk.failing(false);
            if (machine.life == null) {
                start(machine, -1);
            }
        }
        for (Machine machine : machines) {
            settle(requireNonNull(machine.life));
        }
        for (Machine machine : machines) {
            leave(requireNonNull(machine.life));
        }
    }

    private void settle(Life life) {
        life.sync();
        for (int left = CLOSE_STEPS; life.drainOnce() || left > CLOSE_STEPS - 2; left--) {
            life.sync();
        }
        if (!life.drain.drainedPast(life.journal.appended())) {
            findings.add(life.node + ": not drained to its end");
        }
        life.closeEarlierLives();
    }

    private void leave(Life life) {
        life.keeper.close();
        for (int left = CLOSE_STEPS; left > 0 && !life.keeper.closed(); left--) {
            time.advance(50 * MILLI);
            var _ = life.keeper.step();
            life.drainOnce();
        }
        if (!life.keeper.closed()) {
            findings.add(life.node + ": does not give its leases back: " + leases(life));
        }
        if (life.book.runningRequests() > 0) {
            findings.add(life.node + ": " + life.book.runningRequests() + " sub-holds open");
        }
    }

    private String leases(Life life) {
        StringBuilder text = new StringBuilder();
        for (int wallet = 0; wallet < wallets; wallet++) {
            Purse purse = new Purse.OfWallet(bank.payer(wallet).wallet());
            text.append(
                    "wallet %d: here %s, there %s; "
                            .formatted(wallet, life.keeper.leased(purse), bank.balance(wallet)));
        }
        return text.append("running ")
                .append(life.book.runningRequests())
                .append(", waiting ")
                .append(life.book.waitingRequests())
                .append(", meter ")
                .append(life.meter.counts())
                .append(", drained ")
                .append(life.drain.drained())
                .append(" of ")
                .append(life.journal.appended())
                .toString();
    }
}
