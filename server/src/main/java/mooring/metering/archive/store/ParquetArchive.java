package mooring.metering.archive.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import mooring.ids.KeyId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.metering.ArchiveException;
import mooring.metering.Ending;
import mooring.metering.LoggedRequest;
import mooring.metering.RequestArchive;
import mooring.metering.RequestLog;
import mooring.metering.Served;
import mooring.metering.Timeline;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Searches the archived days. A file is compared with its hash in the database before it is read
/// first, and again when it was touched: nothing that is damaged is ever shown.
public final class ParquetArchive implements RequestArchive {

    private static final Duration SEARCH = Duration.ofSeconds(45);

    /// One archived file as the database knows it.
    private record Entry(String kind, String file, long bytes, String sha256, String node) {}

    private record Seen(long bytes, FileTime touched) {}

    private final Jdbi jdbi;
    private final ArchiveFolder folder;
    private final Map<Path, Seen> verified = new ConcurrentHashMap<>();

    public ParquetArchive(Jdbi jdbi, ArchiveFolder folder) {
        this.jdbi = jdbi;
        this.folder = folder;
    }

    @Override
    public List<LocalDate> days() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery("SELECT DISTINCT day FROM usage_archive ORDER BY day")
                                .mapTo(LocalDate.class)
                                .list());
    }

    @Override
    public void search(Search search, Consumer<LoggedRequest> sink) {
        List<Entry> entries = entries(search.day());
        ObjectNode files = Json.MAPPER.createObjectNode();
        for (Entry entry : entries) {
            files.put(entry.kind(), sound(entry).toAbsolutePath().toString());
        }
        if (files.isEmpty()) {
            return;
        }
        Path query = folder.temporaryFile("query", ".json");
        Path result = folder.temporaryFile("found", ".ndjson");
        try {
            Files.write(query, Json.MAPPER.writeValueAsBytes(query(search, files)));
            folder.worker().run(SEARCH, _ -> {}, "find", query.toString(), result.toString());
            try (InputStream in = Files.newInputStream(result);
                    MappingIterator<JsonNode> rows =
                            Json.MAPPER.readerFor(JsonNode.class).readValues(in)) {
                while (rows.hasNext()) {
                    sink.accept(read(rows.next()));
                }
            }
        } catch (IOException e) {
            throw new ArchiveException("the archive of " + search.day() + ": " + e, e);
        } finally {
            ArchiveFolder.delete(query);
            ArchiveFolder.delete(result);
        }
    }

    private List<Entry> entries(LocalDate day) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT kind, file, bytes, sha256, node_id
                                        FROM usage_archive WHERE day = :day ORDER BY kind
                                        """)
                                .bind("day", day)
                                .map(
                                        (row, _) ->
                                                new Entry(
                                                        row.getString("kind"),
                                                        row.getString("file"),
                                                        row.getLong("bytes"),
                                                        HexFormat.of()
                                                                .formatHex(row.getBytes("sha256")),
                                                        row.getString("node_id")))
                                .list());
    }

    /// The entry's file, after making sure that it is the one that was written.
    private Path sound(Entry entry) {
        Path file = folder.resolve(entry.file());
        try {
            if (!Files.isRegularFile(file)) {
                throw new ArchiveException(
                        file
                                + ": missing (expected: the file that node "
                                + entry.node()
                                + " archived; nodes must share the archive folder)");
            }
            Seen now = new Seen(Files.size(file), Files.getLastModifiedTime(file));
            if (now.equals(verified.get(file))) {
                return file;
            }
            if (now.bytes() != entry.bytes()
                    || !HexFormat.of()
                            .formatHex(ArchiveFolder.sha256(file))
                            .equals(entry.sha256())) {
                throw new ArchiveException(
                        file
                                + ": not what was archived (expected: "
                                + entry.bytes()
                                + " bytes with the hash in usage_archive; restore the file from a"
                                + " copy)");
            }
            verified.put(file, now);
            return file;
        } catch (IOException e) {
            throw new ArchiveException(file + ": cannot be read: " + e, e);
        }
    }

    private static ObjectNode query(Search search, ObjectNode files) {
        RequestLog.Filter filter = search.filter();
        ObjectNode query = Json.MAPPER.createObjectNode();
        query.set("files", files);
        query.put("organization", search.organization().uuid().toString());
        query.put("limit", search.limit());
        query.put("first", first(filter.from()));
        query.put("bound", first(filter.to()));
        if (search.before() != null) {
            String before = search.before().uuid().toString();
            query.put(
                    "bound",
                    before.compareTo(first(filter.to())) < 0 ? before : first(filter.to()));
        }
        put(query, "id", search.id() == null ? null : search.id().uuid());
        put(query, "client", filter.clientRequestId());
        put(query, "key", filter.key() == null ? null : filter.key().uuid());
        put(query, "project", filter.project() == null ? null : filter.project().uuid());
        put(query, "model", filter.model() == null ? null : filter.model().text());
        put(query, "min_cost", filter.minCost() == null ? null : filter.minCost().nanos());
        put(query, "max_cost", filter.maxCost() == null ? null : filter.maxCost().nanos());
        filter.statuses().forEach(query.putArray("statuses")::add);
        return query;
    }

    private static void put(ObjectNode query, String name, @Nullable Object value) {
        if (value != null) {
            query.put(name, value.toString());
        }
    }

    /// The least id of an instant; as text, ids sort as they do as numbers.
    private static String first(Instant instant) {
        return new UUID(instant.toEpochMilli() << 16 | 0x7000L, 1L << 63).toString();
    }

    private static LoggedRequest read(JsonNode row) {
        return new LoggedRequest(
                new RequestId(UUID.fromString(text(row, "request_id"))),
                new ProjectId(UUID.fromString(text(row, "project_id"))),
                new KeyId(UUID.fromString(text(row, "api_key_id"))),
                new ModelId(text(row, "model")),
                ServiceTier.valueOf(text(row, "tier").toUpperCase(Locale.ROOT)),
                row.path("client_request_id").textValue(),
                instant(row, "admitted_at"),
                instant(row, "finished_at"),
                text(row, "streamed").equals("1"),
                new Served(
                        row.path("replica").textValue(),
                        Math.toIntExact(number(row, "attempts")),
                        timeline(text(row, "timeline"))),
                text(row, "node_id"),
                row.has("ending") ? bill(row) : null,
                row.path("problem").textValue(),
                true);
    }

    private static LoggedRequest.Bill bill(JsonNode row) {
        Currency currency = new Currency(text(row, "currency"));
        return new LoggedRequest.Bill(
                Ending.valueOf(text(row, "ending")),
                text(row, "estimated").equals("1"),
                new Usage(
                        number(row, "input_uncached"),
                        number(row, "cache_read"),
                        number(row, "cache_write_5m"),
                        number(row, "cache_write_1h"),
                        number(row, "output"),
                        number(row, "reasoning")),
                calls(row),
                new PriceVersionId(UUID.fromString(text(row, "price_version_id"))),
                new Money(number(row, "charge"), currency),
                new Money(number(row, "payable"), currency),
                new Money(number(row, "shortfall"), currency));
    }

    private static SortedMap<String, Long> callsOf(JsonNode calls) {
        TreeMap<String, Long> counts = new TreeMap<>();
        calls.properties().forEach(call -> counts.put(call.getKey(), call.getValue().asLong()));
        return counts;
    }

    private static SortedMap<String, Long> calls(JsonNode row) {
        if (!row.has("calls")) {
            return UsageRecord.NO_CALLS;
        }
        try {
            return callsOf(Json.MAPPER.readTree(text(row, "calls")));
        } catch (IOException e) {
            throw new ArchiveException("calls: " + row.path("calls"), e);
        }
    }

    private static Timeline timeline(String array) {
        String[] points = array.substring(1, array.length() - 1).split(",", -1);
        if (points.length != 6) {
            return Timeline.UNKNOWN;
        }
        long[] micros = Arrays.stream(points).mapToLong(Long::parseLong).toArray();
        return new Timeline(micros[0], micros[1], micros[2], micros[3], micros[4], micros[5]);
    }

    private static Instant instant(JsonNode row, String name) {
        return Instant.EPOCH.plus(number(row, name), ChronoUnit.MICROS);
    }

    private static long number(JsonNode row, String name) {
        return Long.parseLong(text(row, name));
    }

    private static String text(JsonNode row, String name) {
        return row.path(name).asText();
    }
}
