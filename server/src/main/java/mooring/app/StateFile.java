package mooring.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.function.LongSupplier;
import mooring.json.Json;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `state.json` in the data folder: what runs and where, for the launcher and for scripts.
///
/// Replaced whole with each change, and removed at a clean end, so that a file whose process is
/// gone tells of a crash.
final class StateFile {

    enum State {
        STARTING("starting"),
        READY("ready"),
        DRAINING("draining");

        private final String text;

        State(String text) {
            this.text = text;
        }
    }

    /// What is known once and does not change.
    ///
    /// @param command the arguments that started this server, for a restart with the same
    record Facts(
            String version,
            Instant startedAt,
            String baseUrl,
            String adminUrl,
            Path dataDir,
            List<String> command) {}

    private static final Logger LOG = LoggerFactory.getLogger(StateFile.class);

    private final Path file;
    private final Facts facts;
    private final Replicas replicas;
    private @Nullable String databaseUrl;
    private boolean databaseEmbedded;
    private LongSupplier databasePid = () -> -1;
    private State state = State.STARTING;
    private String last = "";

    StateFile(Path folder, Facts facts, Replicas replicas) {
        this.file = folder.resolve("state.json");
        this.facts = facts;
        this.replicas = replicas;
    }

    synchronized void database(String url, boolean embedded, LongSupplier pid) {
        databaseUrl = url;
        databaseEmbedded = embedded;
        databasePid = pid;
    }

    synchronized void become(State newState) {
        state = newState;
        write();
    }

    /// Writes again if anything changed since, such as an engine's state.
    synchronized void refresh() {
        write();
    }

    synchronized void remove() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("cannot remove {}: {}", file, e.toString());
        }
    }

    private void write() {
        String text = content().toPrettyString() + "\n";
        if (text.equals(last)) {
            return;
        }
        last = text;
        Path fresh = file.resolveSibling("state.json.new");
        try {
            // The command may hold a database's password.
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, DataFolder.OWNER_ONLY);
            Files.writeString(fresh, text);
            Files.move(
                    fresh,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("cannot write {}: {}", file, e.toString());
        }
    }

    private ObjectNode content() {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("state", state.text);
        json.put("version", facts.version());
        json.put("pid", ProcessHandle.current().pid());
        json.put("startedAt", facts.startedAt().toString());
        json.put("baseUrl", facts.baseUrl());
        json.put("adminUrl", facts.adminUrl());
        json.put("dataDir", facts.dataDir().toString());
        ArrayNode command = json.putArray("command");
        facts.command().forEach(command::add);
        if (databaseUrl != null) {
            ObjectNode database = json.putObject("database");
            database.put("embedded", databaseEmbedded);
            if (databasePid.getAsLong() > 0) {
                database.put("pid", databasePid.getAsLong());
            }
            database.put("url", databaseUrl);
        }
        ArrayNode engines = json.putArray("engines");
        for (Replica replica : replicas.all()) {
            ObjectNode engine = engines.addObject();
            engine.put("id", replica.id());
            engine.put("model", replica.model().text());
            engine.put("state", stateText(replica.state()));
            if (replica.url() != null) {
                engine.put("url", String.valueOf(replica.url()));
            }
            if (replica.pid() > 0) {
                engine.put("pid", replica.pid());
            }
        }
        return json;
    }

    private static String stateText(Replica.State state) {
        return switch (state) {
            case Replica.State.Starting _ -> "starting";
            case Replica.State.Ready _ -> "ready";
            case Replica.State.Down _ -> "down";
        };
    }
}
