package mooring.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One model file's way into the data folder: fetched, checked, and only then in its place.
final class Pull {
    private static final Duration PAUSE = Duration.ofSeconds(2);

    /// A file in its place.
    ///
    /// @param verified whether the hub told the checksum that it has
    record Pulled(Path path, long bytes, String sha256, boolean verified, Gguf gguf) {}

    private final Surroundings surroundings;
    private final Hub hub;
    private final HubFile file;
    private final ModelFolder folder;
    private final boolean silent;

    Pull(Surroundings surroundings, Hub hub, HubFile file, ModelFolder folder, boolean silent) {
        this.surroundings = surroundings;
        this.hub = hub;
        this.file = file;
        this.folder = folder;
        this.silent = silent;
    }

    Pulled run() {
        Hub.Facts facts = hub.look(file);
        Path path = folder.models().resolve(file.local());
        Path parent = path.getParent();
        folder.make(parent == null ? folder.models() : parent);
        if (Files.exists(path)) {
            return present(path, facts);
        }
        Path part = path.resolveSibling(Download.partName(file, facts));
        Download download = new Download(hub, file, facts, part, file.name(), PAUSE);
        Thread farewell = farewell(part, facts);
        // A Ctrl-C says what is left of the work; nothing else ends this program from outside.
        Runtime.getRuntime().addShutdownHook(farewell);
        String sha256;
        Gguf gguf;
        long bytes;
        try {
            say(
                    "Pulling "
                            + file.name()
                            + (facts.bytes() < 0 ? "" : ", " + Size.of(facts.bytes())));
            download.run(have -> progress(have, facts.bytes()));
            bytes = size(part);
            say("Checking " + file.name() + " …");
            sha256 = download.check(new Progress(surroundings.err(), false, true, 0, bytes));
            gguf = head(part, download);
        } finally {
            dismiss(farewell);
        }
        try {
            Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new Refusal("Cannot move " + part + " to its place (" + e.getMessage() + ").", e);
        }
        return new Pulled(path, bytes, sha256, facts.sha256() != null, gguf);
    }

    /// A file that an earlier pull left in its place is taken as it is, if it is the hub's.
    private Pulled present(Path path, Hub.Facts facts) {
        long bytes = size(path);
        say("Already here, checking " + file.name() + " …");
        String sha256 =
                Download.digest(path, new Progress(surroundings.err(), false, true, 0, bytes));
        boolean other =
                facts.sha256() == null
                        ? facts.bytes() >= 0 && facts.bytes() != bytes
                        : !facts.sha256().equals(sha256);
        if (other) {
            throw new Refusal(
                    path
                            + " is another version than the hub's, and a model may be running from"
                            + " it: delete it, then run the same command.");
        }
        return new Pulled(path, bytes, sha256, facts.sha256() != null, head(path, null));
    }

    private Gguf head(Path path, @Nullable Download download) {
        String why;
        try {
            Gguf gguf = Gguf.read(path);
            if (!gguf.companion()) {
                return gguf;
            }
            why = "it belongs beside a model and is none itself.";
        } catch (Refusal e) {
            why = String.valueOf(e.getMessage());
        }
        if (download != null) {
            download.delete();
        }
        throw new Refusal(
                file.name()
                        + " is no GGUF model that can be served"
                        + (download == null ? "" : ", and was deleted")
                        + ": "
                        + why
                        + " Choose another file of the repository.");
    }

    private Thread farewell(Path part, Hub.Facts facts) {
        return new Thread(
                () -> {
                    PrintStream err = surroundings.err();
                    err.println();
                    err.println(
                            "mooring: Interrupted: "
                                    + Size.of(Files.exists(part) ? size(part) : 0)
                                    + (facts.bytes() < 0 ? "" : " of " + Size.of(facts.bytes()))
                                    + " are kept in "
                                    + part
                                    + "; the same command goes on from there.");
                    err.flush();
                });
    }

    private static void dismiss(Thread farewell) {
        try {
            Runtime.getRuntime().removeShutdownHook(farewell);
        } catch (IllegalStateException e) {
            // It is being said right now.
        }
    }

    private Progress progress(long have, long total) {
        if (have > 0) {
            say("Going on after " + Size.of(have) + " that are here already");
        }
        return new Progress(
                surroundings.err(),
                surroundings.outputIsTerminal().getAsBoolean(),
                silent,
                have,
                total);
    }

    private void say(String line) {
        if (!silent) {
            surroundings.err().println(line);
            surroundings.err().flush();
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new Refusal("Cannot read " + file + " (" + e.getMessage() + ").", e);
        }
    }
}
