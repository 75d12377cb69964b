package mooring.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// What an archive holds and where it comes from; written last, so that whoever finds it knows that
/// all else was written.
///
/// @param format of the archive itself
/// @param product the version of the program that wrote it
/// @param id of this backup
/// @param installation of the database; the same after a restore
/// @param takenAt of the snapshot, by the database's clock
/// @param postgres the database server's version; informs only
/// @param migrations the schema's, in the order of their versions
/// @param nodes how far each node that is known here had been drained when the snapshot was taken
public record Manifest(
        int format,
        String product,
        String id,
        String installation,
        String takenAt,
        String postgres,
        List<Migration> migrations,
        List<NodePosition> nodes,
        List<Partition> partitions,
        List<Table> tables,
        List<Sequence> sequences) {

    /// The form that this program writes and reads.
    public static final int FORMAT = 1;

    private static final ObjectMapper MAPPER =
            Json.MAPPER
                    .copy()
                    .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

    public record Migration(String version, @Nullable Integer checksum) {}

    /// @param drained up to here the node's journal was booked before the snapshot; null when the
    ///   node that took the backup does not know
    public record NodePosition(String node, long epoch, @Nullable Long drained) {}

    /// A partition as it must be made where it is missing.
    ///
    /// @param bound as in `PARTITION OF parent …`
    /// @param partitionKey by what it is partitioned itself, null for one with rows
    /// @param constraints of its own, as `name definition`
    /// @param triggers of its own, as statements
    public record Partition(
            String schema,
            String name,
            String parentSchema,
            String parent,
            String bound,
            @Nullable String partitionKey,
            List<String> constraints,
            List<String> triggers) {}

    /// @param entry its name in the archive
    /// @param bytes of its rows as PostgreSQL's text
    /// @param sha256 of the same, in hexadecimal
    public record Table(
            String schema,
            String name,
            String entry,
            List<Column> columns,
            long rows,
            long bytes,
            String sha256) {

        public String shown() {
            return schema.equals("public") ? name : schema + "." + name;
        }
    }

    public record Column(String name, String type) {}

    public record Sequence(String schema, String name, long lastValue, boolean called) {}

    public Manifest {
        migrations = List.copyOf(migrations);
        nodes = List.copyOf(nodes);
        partitions = List.copyOf(partitions);
        tables = List.copyOf(tables);
        sequences = List.copyOf(sequences);
    }

    public long rows() {
        return tables.stream().mapToLong(Table::rows).sum();
    }

    byte[] json() {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a manifest that cannot be written as JSON", e);
        }
    }

    static Manifest read(InputStream json) throws IOException {
        return MAPPER.readValue(json, Manifest.class);
    }
}
