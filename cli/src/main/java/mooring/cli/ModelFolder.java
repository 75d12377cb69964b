package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A data folder as a place for models; its instance need not run, nor have ever run.
///
/// @param shown as the user named it
record ModelFolder(Surroundings surroundings, Path path, String shown) {
    private static final int MAX_STATE_BYTES = 1 << 20;

    /// The folder of `--data-dir`, else of `MOORING_DATA_DIR`, else `.mooring`.
    static ModelFolder of(Surroundings surroundings, @Nullable String dataDir) {
        String given = Instance.folder(surroundings, dataDir);
        Path path = surroundings.workingFolder().resolve(given).toAbsolutePath().normalize();
        if (path.toString().matches("(?s).*[{}\\p{Cntrl}].*")) {
            throw new Refusal(
                    given
                            + " has braces or odd characters, which a catalogue cannot name: choose"
                            + " another folder with --data-dir.");
        }
        ModelFolder folder = new ModelFolder(surroundings, path, given);
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw folder.unwritable(new FileAlreadyExistsException(given));
        }
        return folder;
    }

    Path models() {
        return path.resolve("models");
    }

    /// Makes a folder in here, with those above it.
    void make(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /// The right to change what is in here, until it is closed or the process ends.
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /// One pull at a time.
    Held lock() {
        make(models());
        FileChannel channel = null;
        try {
            channel =
                    FileChannel.open(
                            models().resolve(".lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock != null) {
                FileChannel open = channel;
                return () -> close(open);
            }
        } catch (OverlappingFileLockException e) {
            // Another one in this very process.
        } catch (IOException e) {
            throw unwritable(e);
        }
        close(channel);
        throw new Refusal(
                "Another pull runs in " + shown + ": wait until it is done, then try again.");
    }

    boolean running() {
        return Files.exists(path.resolve("state.json"));
    }

    /// Whether prices were published, so that a new one does not count by itself.
    boolean startedBefore() {
        return Files.exists(path.resolve("first-key"));
    }

    /// The file that the server takes instead of `NAME.yaml` in this folder; null when it does not.
    @Nullable String instead(String name) {
        String other = fromRunning(name);
        if (other == null) {
            other = surroundings.variable("MOORING_" + name.toUpperCase(Locale.ROOT));
        }
        if (other == null && Files.exists(path.resolve("mooring.yaml"))) {
            JsonNode set = YamlFile.in(path, shown, "mooring.yaml").tree().path(name);
            other = set.isTextual() ? set.asText() : null;
        }
        boolean same =
                other != null
                        && path.resolve(other).normalize().equals(path.resolve(name + ".yaml"));
        return same ? null : other;
    }

    /// A word as a shell takes it.
    static String quoted(String word) {
        return word.matches("[A-Za-z0-9._:/@+=-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    private @Nullable String fromRunning(String name) {
        ObjectNode state = null;
        try (var in = Files.newInputStream(path.resolve("state.json"))) {
            state = Json.parse(in.readNBytes(MAX_STATE_BYTES));
        } catch (IOException e) {
            // Nothing runs, or nobody can tell.
        }
        if (state == null) {
            return null;
        }
        String flag = "--" + name;
        String found = null;
        String before = "";
        for (JsonNode word : state.path("command")) {
            String text = word.asText();
            if (before.equals(flag)) {
                found = text;
            } else if (text.startsWith(flag + "=")) {
                found = text.substring(flag.length() + 1);
            }
            before = text;
        }
        return found;
    }

    private Refusal unwritable(IOException cause) {
        String why =
                switch (cause) {
                    case AccessDeniedException _ -> "this user may not";
                    case FileAlreadyExistsException _ -> "a file is in the way";
                    default -> String.valueOf(cause.getMessage());
                };
        return new Refusal(
                "Cannot write to the data folder "
                        + shown
                        + " ("
                        + why
                        + "): run this as the user who started the instance, or choose another one"
                        + " with --data-dir.",
                cause);
    }

    private static void close(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // Nothing was written.
        }
    }
}
