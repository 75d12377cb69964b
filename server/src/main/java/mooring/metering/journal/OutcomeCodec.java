package mooring.metering.journal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import mooring.ids.BudgetId;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.Served;
import mooring.metering.Timeline;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// The bytes of what the journal holds of a request, as the README beside this file describes them.
///
/// Encoding uses one buffer for each thread and allocates nothing else for plain ASCII. Whatever
/// changes the bytes needs another version.
public final class OutcomeCodec {

    static final int VERSION = 1;
    static final int ACCEPT = 1;
    static final int FINAL = 2;
    static final int RELEASE = 3;

    /// No record is longer: all texts, budgets and calls at their bounds stay below.
    public static final int MAX_BYTES = 16 << 10;

    static final int MAX_BUDGETS = 32;
    static final int MAX_CALLS = 64;
    static final int MAX_MODEL_BYTES = 256;
    static final int MAX_NODE_BYTES = 128;
    static final int MAX_CALL_BYTES = 128;
    static final int MAX_CLIENT_REQUEST_ID_BYTES = 512;
    static final int MAX_REPLICA_BYTES = 256;
    static final int MAX_PROBLEM_BYTES = 128;

    private static final int HEADER_BYTES = 18;
    private static final int STREAMED = 1;
    private static final int CLIENT_REQUEST_ID = 2;
    private static final int ESTIMATED = 1;
    private static final int OTHER_PURSES = 2;

    private static final Money NO_AMOUNT = Money.zero(Currency.USD);

    /// What every version's record begins with.
    record Header(int version, int kind, UUID id) {

        /// A kind that is not known here ends its request rather than leave it open, because what
        /// is open is billed again.
        boolean end() {
            return kind != ACCEPT;
        }
    }

    private final ThreadLocal<RecordWriter> writers =
            ThreadLocal.withInitial(() -> new RecordWriter(MAX_BYTES));

    /// The record of an admission; valid until this thread encodes the next one.
    ///
    /// @throws IllegalArgumentException when a text is beyond its bound
    public ByteBuffer encode(Acceptance acceptance) {
        RecordWriter to = begin(ACCEPT, acceptance);
        return to.done();
    }

    /// The record of an end, which needs no other record to be booked; valid until this thread
    /// encodes the next one.
    ///
    /// @throws IllegalArgumentException when a text is beyond its bound
    public ByteBuffer encode(Outcome outcome) {
        return switch (outcome) {
            case UsageRecord record -> encode(record);
            case Release release -> encode(release);
        };
    }

    private ByteBuffer encode(UsageRecord record) {
        Acceptance acceptance = record.accepted();
        RecordWriter to = begin(FINAL, acceptance);
        Hold hold = record.hold();
        boolean otherPurses =
                !hold.wallet().equals(acceptance.hold().wallet())
                        || !hold.budgets().equals(acceptance.hold().budgets());
        to.octet((record.estimated() ? ESTIMATED : 0) | (otherPurses ? OTHER_PURSES : 0));
        requireSame(hold, acceptance.id());
        if (otherPurses) {
            writePurses(to, hold);
        }
        to.money(hold.amount());
        to.octet(code(record.ending()));
        Usage usage = record.usage();
        to.count(usage.inputUncached());
        to.count(usage.cacheRead());
        to.count(usage.cacheWrite5m());
        to.count(usage.cacheWrite1h());
        to.count(usage.output());
        to.count(usage.reasoning());
        writeCalls(to, record.calls());
        to.money(record.charge());
        to.instant(record.finishedAt());
        writeServed(to, record.served());
        return to.done();
    }

    private ByteBuffer encode(Release release) {
        RecordWriter to = begin(RELEASE, release.accepted());
        writeNote(to, release.problem(), MAX_PROBLEM_BYTES);
        to.instant(release.finishedAt());
        writeServed(to, release.served());
        return to.done();
    }

    /// Reads a record; what cannot be read is a result too, because one record must not stop those
    /// behind it. Position and limit of the payload stay.
    public static JournalRecord decode(ByteBuffer payload) {
        Header header = header(payload);
        if (header == null) {
            return new JournalRecord.Unreadable(
                    null,
                    false,
                    "record of %d bytes (expected: at least %d)"
                            .formatted(payload.remaining(), HEADER_BYTES));
        }
        RequestId id = new RequestId(header.id());
        if (header.version() != VERSION) {
            return new JournalRecord.Unreadable(
                    id,
                    header.end(),
                    "record of version %d (expected: %d)".formatted(header.version(), VERSION));
        }
        RecordReader from =
                new RecordReader(
                        payload.slice(
                                payload.position() + HEADER_BYTES,
                                payload.remaining() - HEADER_BYTES));
        try {
            JournalRecord record =
                    switch (header.kind()) {
                        case ACCEPT -> new JournalRecord.Accepted(readAcceptance(from, id));
                        case FINAL -> new JournalRecord.Ended(readUsage(from, id));
                        case RELEASE -> new JournalRecord.Ended(readRelease(from, id));
                        default ->
                                throw new UnreadableException(
                                        "record of kind %d (expected: 1..3)"
                                                .formatted(header.kind()));
                    };
            from.end();
            return record;
        } catch (UnreadableException | IllegalArgumentException e) {
            String message = e.getMessage();
            return new JournalRecord.Unreadable(
                    id, header.end(), message == null ? e.toString() : message);
        }
    }

    /// Whose record it is and of which kind, without reading the rest; null when it is too short.
    static @Nullable Header header(ByteBuffer payload) {
        int at = payload.position();
        if (payload.remaining() < HEADER_BYTES) {
            return null;
        }
        return new Header(
                payload.get(at) & 0xff,
                payload.get(at + 1) & 0xff,
                new UUID(payload.getLong(at + 2), payload.getLong(at + 10)));
    }

    /// A copy of a record's bytes.
    static byte[] copy(ByteBuffer record) {
        byte[] bytes = new byte[record.remaining()];
        record.duplicate().get(bytes);
        return bytes;
    }

    private RecordWriter begin(int kind, Acceptance acceptance) {
        RecordWriter to = writers.get();
        to.begin();
        to.octet(VERSION);
        to.octet(kind);
        to.uuid(acceptance.id().uuid());
        writeAcceptance(to, acceptance);
        return to;
    }

    private static void writeAcceptance(RecordWriter to, Acceptance acceptance) {
        String clientRequestId = acceptance.clientRequestId();
        to.octet(
                (acceptance.streamed() ? STREAMED : 0)
                        | (clientRequestId == null ? 0 : CLIENT_REQUEST_ID));
        to.uuid(acceptance.organization().uuid());
        to.uuid(acceptance.project().uuid());
        to.uuid(acceptance.key().uuid());
        to.name("model", acceptance.model().text(), MAX_MODEL_BYTES);
        to.octet(code(acceptance.tier()));
        requireSame(acceptance.hold(), acceptance.id());
        writePurses(to, acceptance.hold());
        to.money(acceptance.hold().amount());
        to.uuid(acceptance.priceVersion().uuid());
        if (clientRequestId != null) {
            to.note(clientRequestId, MAX_CLIENT_REQUEST_ID_BYTES);
        }
        to.instant(acceptance.admittedAt());
        to.name("node", acceptance.node().node(), MAX_NODE_BYTES);
        to.number(acceptance.node().epoch());
    }

    private static Acceptance readAcceptance(RecordReader from, RequestId id) {
        int flags = from.flags("admission", STREAMED | CLIENT_REQUEST_ID);
        OrganizationId organization = new OrganizationId(from.uuid("organization"));
        ProjectId project = new ProjectId(from.uuid("project"));
        KeyId key = new KeyId(from.uuid("key"));
        ModelId model = new ModelId(from.text("model", MAX_MODEL_BYTES));
        ServiceTier tier = tier(from.octet("tier"));
        Hold hold = readPurses(from, id).withAmount(from.money("hold"));
        PriceVersionId priceVersion = new PriceVersionId(from.uuid("price version"));
        String clientRequestId =
                (flags & CLIENT_REQUEST_ID) == 0
                        ? null
                        : from.text("client request id", MAX_CLIENT_REQUEST_ID_BYTES);
        return new Acceptance(
                id,
                organization,
                project,
                key,
                model,
                tier,
                hold,
                priceVersion,
                clientRequestId,
                from.instant("admitted at"),
                (flags & STREAMED) != 0,
                new NodeEpoch(from.text("node", MAX_NODE_BYTES), from.number("epoch")));
    }

    private static UsageRecord readUsage(RecordReader from, RequestId id) {
        Acceptance acceptance = readAcceptance(from, id);
        int flags = from.flags("final", ESTIMATED | OTHER_PURSES);
        Hold purses = (flags & OTHER_PURSES) == 0 ? acceptance.hold() : readPurses(from, id);
        Hold hold = purses.withAmount(from.money("hold"));
        Ending ending = ending(from.octet("ending"));
        Usage usage =
                new Usage(
                        from.count("uncached input"),
                        from.count("cache read"),
                        from.count("cache write 5 min"),
                        from.count("cache write 1 h"),
                        from.count("output"),
                        from.count("reasoning"));
        SortedMap<String, Long> calls = readCalls(from);
        Money charge = from.money("charge");
        return new UsageRecord(
                acceptance,
                hold,
                from.instant("finished at"),
                ending,
                (flags & ESTIMATED) != 0,
                usage,
                calls,
                charge,
                readServed(from));
    }

    private static Release readRelease(RecordReader from, RequestId id) {
        Acceptance acceptance = readAcceptance(from, id);
        String problem = readNote(from, "problem", MAX_PROBLEM_BYTES);
        return new Release(acceptance, from.instant("finished at"), problem, readServed(from));
    }

    private static void writePurses(RecordWriter to, Hold hold) {
        requireAtMost("budgets", hold.budgets().size(), MAX_BUDGETS);
        to.uuid(hold.wallet().uuid());
        to.count(hold.budgets().size());
        for (Purse.OfBudget budget : hold.budgets()) {
            to.uuid(budget.budget().uuid());
            to.number(budget.startsOn().toEpochDay());
        }
    }

    /// A hold of these purses, its amount yet to come.
    private static Hold readPurses(RecordReader from, RequestId id) {
        WalletId wallet = new WalletId(from.uuid("wallet"));
        int count = from.count("budgets", MAX_BUDGETS);
        List<Purse.OfBudget> budgets = count == 0 ? List.of() : new ArrayList<>(count);
        for (int index = 0; index < count; index++) {
            budgets.add(
                    new Purse.OfBudget(
                            new BudgetId(from.uuid("budget")), from.date("budget's period")));
        }
        return new Hold(id, wallet, budgets, NO_AMOUNT);
    }

    private static void writeCalls(RecordWriter to, Map<String, Long> calls) {
        requireAtMost("calls", calls.size(), MAX_CALLS);
        to.count(calls.size());
        for (Map.Entry<String, Long> call : calls.entrySet()) {
            to.name("call", call.getKey(), MAX_CALL_BYTES);
            to.number(call.getValue());
        }
    }

    private static SortedMap<String, Long> readCalls(RecordReader from) {
        int count = from.count("calls", MAX_CALLS);
        if (count == 0) {
            return UsageRecord.NO_CALLS;
        }
        SortedMap<String, Long> calls = new TreeMap<>();
        for (int index = 0; index < count; index++) {
            String name = from.text("call", MAX_CALL_BYTES);
            if (!calls.isEmpty() && name.compareTo(calls.lastKey()) <= 0) {
                throw new UnreadableException(
                        "call \"%s\" behind \"%s\" (expected: each once, in order)"
                                .formatted(name, calls.lastKey()));
            }
            calls.put(name, from.number("call " + name));
        }
        return calls;
    }

    private static void writeServed(RecordWriter to, Served served) {
        writeNote(to, served.replica(), MAX_REPLICA_BYTES);
        to.count(served.attempts());
        Timeline timeline = served.timeline();
        to.number(timeline.authenticated());
        to.number(timeline.admitted());
        to.number(timeline.dispatched());
        to.number(timeline.connected());
        to.number(timeline.firstToken());
        to.number(timeline.lastToken());
    }

    private static Served readServed(RecordReader from) {
        return new Served(
                readNote(from, "replica", MAX_REPLICA_BYTES),
                from.count("attempts", Integer.MAX_VALUE),
                new Timeline(
                        from.number("authenticated"),
                        from.number("admitted"),
                        from.number("dispatched"),
                        from.number("connected"),
                        from.number("first token"),
                        from.number("last token")));
    }

    private static void writeNote(RecordWriter to, @Nullable String note, int maxBytes) {
        to.octet(note == null ? 0 : 1);
        if (note != null) {
            to.note(note, maxBytes);
        }
    }

    private static @Nullable String readNote(RecordReader from, String field, int maxBytes) {
        return from.flags(field, 1) == 0 ? null : from.text(field, maxBytes);
    }

    private static int code(ServiceTier tier) {
        return switch (tier) {
            case STANDARD -> 1;
            case BATCH -> 2;
            case PRIORITY -> 3;
        };
    }

    private static ServiceTier tier(int code) {
        return switch (code) {
            case 1 -> ServiceTier.STANDARD;
            case 2 -> ServiceTier.BATCH;
            case 3 -> ServiceTier.PRIORITY;
            default -> throw new UnreadableException("tier: %d (expected: 1..3)".formatted(code));
        };
    }

    private static int code(Ending ending) {
        return switch (ending) {
            case STOP -> 1;
            case LENGTH -> 2;
            case TOOL_CALLS -> 3;
            case CONTENT_FILTER -> 4;
            case CANCELLED -> 5;
            case ENGINE_LOST -> 6;
            case INSUFFICIENT_QUOTA -> 7;
            case GATEWAY_LOST -> 8;
        };
    }

    private static Ending ending(int code) {
        return switch (code) {
            case 1 -> Ending.STOP;
            case 2 -> Ending.LENGTH;
            case 3 -> Ending.TOOL_CALLS;
            case 4 -> Ending.CONTENT_FILTER;
            case 5 -> Ending.CANCELLED;
            case 6 -> Ending.ENGINE_LOST;
            case 7 -> Ending.INSUFFICIENT_QUOTA;
            case 8 -> Ending.GATEWAY_LOST;
            default -> throw new UnreadableException("ending: %d (expected: 1..8)".formatted(code));
        };
    }

    private static void requireSame(Hold hold, RequestId id) {
        if (!hold.request().equals(id)) {
            throw new IllegalArgumentException(
                    "hold of %s (expected: of %s)".formatted(hold.request(), id));
        }
    }

    private static void requireAtMost(String field, int count, int max) {
        if (count > max) {
            throw new IllegalArgumentException(
                    "%s: %d (expected: at most %d)".formatted(field, count, max));
        }
    }
}
