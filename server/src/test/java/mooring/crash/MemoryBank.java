package mooring.crash;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.ids.PriceVersionId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.ledger.EpochClosedException;
import mooring.ledger.LeaseStore;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.Settlement;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// The database's rules in memory, the only such store there is.
final class MemoryBank implements Bank {

    private static final class Lease {
        long amount;
        long inUse;
        long operation;
        long moved;
        boolean recalled;
    }

    private static final class Lot {
        final long expiresNanos;
        long remaining;

        Lot(long remaining, long expiresNanos) {
            this.remaining = remaining;
            this.expiresNanos = expiresNanos;
        }
    }

    private static final class Wallet {
        final Payer payer;
        final List<Lot> lots = new ArrayList<>();
        final Map<NodeEpoch, Lease> leases = new LinkedHashMap<>();
        long credited;
        long posted;
        long held;
        long moved;
        long expired;

        Wallet(Payer payer) {
            this.payer = payer;
        }

        long left() {
            return posted - held;
        }
    }

    private static final class Node {
        long epoch;
        long until = Long.MIN_VALUE;
        boolean lost;
    }

    private final SimulatedTime time;
    private final Findings findings;
    private final Fault fault;
    private final PriceVersionId prices;
    private final List<Wallet> wallets = new ArrayList<>();
    private final Map<WalletId, Wallet> byId = new HashMap<>();
    private final Map<String, Node> nodes = new HashMap<>();
    private final Map<RequestId, Booked> settled = new HashMap<>();
    private final Set<RequestId> released = new HashSet<>();
    private int conflicts;

    MemoryBank(SimulatedTime time, Findings findings, Fault fault, PriceVersionId prices) {
        this.time = time;
        this.findings = findings;
        this.fault = fault;
        this.prices = prices;
    }

    void add(Payer payer, List<Credit> credits) {
        Wallet wallet = new Wallet(payer);
        for (Credit credit : credits) {
            wallet.lots.add(
                    new Lot(
                            credit.nanos(),
                            credit.seconds() == 0
                                    ? Long.MAX_VALUE
                                    : time.monotonicNanos() + credit.seconds() * 1_000_000_000L));
            wallet.posted += credit.nanos();
        }
        wallet.lots.sort(Comparator.comparingLong(lot -> lot.expiresNanos));
        wallet.credited = wallet.posted;
        wallets.add(wallet);
        byId.put(payer.wallet(), wallet);
    }

    @Override
    public Payer payer(int wallet) {
        return wallets.get(wallet).payer;
    }

    @Override
    public PriceVersionId prices() {
        return prices;
    }

    // Leases --------------------------------------------------------------------------------

    @Override
    public NodeEpoch begin(String id) {
        Node node = nodes.computeIfAbsent(id, _ -> new Node());
        node.epoch++;
        node.until = Long.MIN_VALUE;
        node.lost = false;
        return new NodeEpoch(id, node.epoch);
    }

    @Override
    public void lost(String id) {
        Node node = nodes.get(id);
        if (node != null) {
            node.lost = true;
            close(id, node.epoch + 1);
        }
    }

    @Override
    public List<Grant> acquire(NodeEpoch node, List<Need> needs) {
        enter(node);
        List<Grant> grants = new ArrayList<>(needs.size());
        for (Need need : needs) {
            Wallet wallet = wallet(need.purse());
            Lease lease = wallet.leases.get(node);
            long granted;
            if (lease != null
                    && lease.operation == need.operation()
                    && fault != Fault.LEASE_GROWN_TWICE) {
                granted = lease.moved;
            } else {
                granted = granted(wallet.left(), need);
                if (granted > 0) {
                    Lease grown = wallet.leases.computeIfAbsent(node, _ -> new Lease());
                    grown.amount += granted;
                    grown.inUse = need.inUse().nanos();
                    grown.operation = need.operation();
                    grown.moved = granted;
                    wallet.held += granted;
                }
            }
            check(wallet);
            grants.add(
                    new Grant(
                            need.purse(), usd(granted), standing(wallet, node), validFor(wallet)));
        }
        return grants;
    }

    private static long granted(long left, Need need) {
        long wanted = need.need().nanos();
        if (left <= 0 || left < need.least().nanos()) {
            return 0;
        }
        return left < wanted
                ? left
                : wanted + Math.min(need.wish().nanos() - wanted, (left - wanted) / 4);
    }

    @Override
    public void giveBack(NodeEpoch node, List<Return> returns) {
        LeaseStore.requireEachPurseOnce(returns);
        for (Return back : returns) {
            Wallet wallet = wallet(back.purse());
            Lease lease = wallet.leases.get(node);
            if (lease == null) {
                continue;
            }
            if (lease.operation != back.operation()) {
                if (lease.amount < back.amount().nanos()) {
                    findings.add(node + " gives back more than it has: " + back);
                }
                lease.amount -= back.amount().nanos();
                wallet.held -= back.amount().nanos();
                lease.inUse = back.inUse().nanos();
                lease.operation = back.operation();
                lease.moved = back.amount().nanos();
                lease.recalled = false;
            }
            if (back.last() && lease.amount == 0) {
                wallet.leases.remove(node);
            }
            check(wallet);
        }
    }

    @Override
    public void recall(NodeEpoch node, List<Purse> purses) {
        for (Purse purse : purses) {
            wallet(purse)
                    .leases
                    .forEach(
                            (holder, lease) ->
                                    lease.recalled |=
                                            !holder.node().equals(node.node())
                                                    && lease.amount > 0
                                                    && alive(holder));
        }
    }

    @Override
    public Pulse heartbeat(NodeEpoch node, Duration length, Map<Purse, Money> inUse) {
        enter(node).until = time.monotonicNanos() + length.toNanos();
        Map<Purse, Standing> standings = new HashMap<>();
        inUse.forEach(
                (purse, money) -> {
                    Wallet wallet = wallet(purse);
                    Lease lease = wallet.leases.get(node);
                    if (lease != null) {
                        lease.inUse = money.nanos();
                    }
                    standings.put(purse, standing(wallet, node));
                });
        List<Purse> recalled = new ArrayList<>();
        for (Wallet wallet : wallets) {
            Lease lease = wallet.leases.get(node);
            if (lease != null && lease.recalled) {
                recalled.add(new Purse.OfWallet(wallet.payer.wallet()));
            }
        }
        return new Pulse(standings, recalled);
    }

    @Override
    public void close(NodeEpoch node) {
        close(node.node(), node.epoch());
    }

    private void close(String node, long before) {
        for (Wallet wallet : wallets) {
            wallet.leases
                    .entrySet()
                    .removeIf(
                            entry -> {
                                boolean older =
                                        entry.getKey().node().equals(node)
                                                && entry.getKey().epoch() < before;
                                if (older) {
                                    wallet.held -= entry.getValue().amount;
                                }
                                return older;
                            });
            check(wallet);
        }
    }

    private Standing standing(Wallet wallet, NodeEpoch node) {
        long elsewhere = 0;
        int holders = 0;
        int unanswered = 0;
        for (Map.Entry<NodeEpoch, Lease> each : wallet.leases.entrySet()) {
            Lease lease = each.getValue();
            if (each.getKey().node().equals(node.node())
                    || lease.amount == 0
                    || !alive(each.getKey())) {
                continue;
            }
            elsewhere += Math.max(0, lease.amount - lease.inUse);
            holders++;
            unanswered += lease.recalled ? 1 : 0;
        }
        return new Standing(usd(Math.max(0, wallet.left())), usd(elsewhere), holders, unanswered);
    }

    private @Nullable Duration validFor(Wallet wallet) {
        long now = time.monotonicNanos();
        for (Lot lot : wallet.lots) {
            if (lot.remaining > 0 && lot.expiresNanos > now) {
                return lot.expiresNanos == Long.MAX_VALUE
                        ? null
                        : Duration.ofMillis((lot.expiresNanos - now) / 1_000_000);
            }
        }
        return null;
    }

    private boolean alive(NodeEpoch holder) {
        Node node = nodes.get(holder.node());
        return node != null
                && node.epoch == holder.epoch()
                && !node.lost
                && node.until > time.monotonicNanos();
    }

    private Node enter(NodeEpoch id) {
        Node node = nodes.get(id.node());
        if (node == null || node.lost || node.epoch != id.epoch()) {
            throw new EpochClosedException(id);
        }
        return node;
    }

    // Books ---------------------------------------------------------------------------------

    @Override
    public List<Booking> book(List<Outcome> outcomes) {
        List<Booking> bookings = new ArrayList<>(outcomes.size());
        for (Outcome outcome : outcomes) {
            bookings.add(
                    switch (outcome) {
                        case UsageRecord record -> settle(record);
                        case Release release -> release(release);
                    });
        }
        return bookings;
    }

    private Booking release(Release release) {
        if (settled.containsKey(release.id())) {
            findings.add(release.id() + ": released, and settled before");
        }
        released.add(release.id());
        return new Booking.Released();
    }

    private Booking settle(UsageRecord record) {
        Booked earlier = settled.get(record.id());
        if (earlier != null && fault == Fault.LEASE_DRAWN_TWICE) {
            draw(record, wallet(new Purse.OfWallet(record.hold().wallet())));
        }
        if (earlier != null && fault != Fault.DUPLICATE_NOT_RECOGNISED) {
            if (earlier.record().equals(record)) {
                return new Booking.Repeated();
            }
            conflicts++;
            return new Booking.Conflict();
        }
        if (released.contains(record.id())) {
            findings.add(record.id() + ": settled, and released before");
        }
        Wallet wallet = wallet(new Purse.OfWallet(record.hold().wallet()));
        long charge = record.charge().nanos();
        long drawn = draw(record, wallet);
        long payable = drawn + Math.min(charge - drawn, Math.max(0, wallet.left() - drawn));
        wallet.posted -= payable;
        wallet.moved += payable;
        long left = payable;
        for (Lot lot : wallet.lots) {
            long part = Math.min(left, lot.remaining);
            lot.remaining -= part;
            left -= part;
        }
        if (left > 0) {
            findings.add(record.id() + ": paid " + left + " that no lot has");
        }
        check(wallet);
        settled.put(record.id(), new Booked(record, payable, charge - payable, drawn));
        return new Booking.Settled(
                new Settlement(
                        record.id(),
                        record.charge(),
                        usd(payable),
                        usd(charge - payable),
                        usd(wallet.left())),
                usd(drawn));
    }

    private static long draw(UsageRecord record, Wallet wallet) {
        Lease lease = wallet.leases.get(record.accepted().node());
        if (lease == null) {
            return 0;
        }
        long wish = Math.min(record.charge().nanos(), record.hold().amount().nanos());
        long drawn = Math.min(wish, lease.amount);
        lease.amount -= drawn;
        wallet.held -= drawn;
        return drawn;
    }

    @Override
    public void expire() {
        long now = time.monotonicNanos();
        for (Wallet wallet : wallets) {
            for (Lot lot : wallet.lots) {
                if (lot.expiresNanos <= now) {
                    long part = Math.min(lot.remaining, Math.max(0, wallet.left()));
                    lot.remaining -= part;
                    wallet.posted -= part;
                    wallet.expired += part;
                }
            }
            check(wallet);
        }
    }

    private void check(Wallet wallet) {
        if (wallet.held < 0 || wallet.posted < wallet.held) {
            findings.add(
                    "%s: posted %d, held %d (expected: 0 <= held <= posted)"
                            .formatted(wallet.payer.wallet(), wallet.posted, wallet.held));
        }
    }

    // Looking -------------------------------------------------------------------------------

    @Override
    public Map<RequestId, Booked> settled() {
        return settled;
    }

    @Override
    public Set<RequestId> released() {
        return released;
    }

    @Override
    public int conflicts() {
        return conflicts;
    }

    @Override
    public Balance balance(int index) {
        Wallet wallet = wallets.get(index);
        long leased = wallet.leases.values().stream().mapToLong(lease -> lease.amount).sum();
        return new Balance(
                wallet.credited, wallet.moved, wallet.expired, wallet.posted, wallet.held, leased);
    }

    private Wallet wallet(Purse purse) {
        if (purse instanceof Purse.OfWallet(WalletId id)) {
            Wallet wallet = byId.get(id);
            if (wallet != null) {
                return wallet;
            }
        }
        throw new IllegalArgumentException(purse + " (expected: a wallet on record)");
    }

    static Money usd(long nanos) {
        return new Money(nanos, Currency.USD);
    }
}
