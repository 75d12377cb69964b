package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Takes one snapshot of the running instance into a file, and reads it back before saying done.
@Command(
        name = "backup",
        sortOptions = false,
        description = {
            "Write one snapshot of everything in the database to FILE, while the server goes on.",
            "The file appears when it is whole and was read back. Keys and passwords of this",
            "machine are not in it: keep the data folder's master.key apart from it."
        })
final class BackupCommand extends ApiCommand {
    private static final Duration CONFIRM_DEADLINE = Duration.ofSeconds(60);

    @Parameters(index = "0", paramLabel = "FILE", description = "Where to write it.")
    private String file = "";

    @Option(names = "--force", description = "Replace the file if it exists.")
    private boolean force;

    BackupCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    public Integer call() {
        Api api = management();
        Path target = surroundings.workingFolder().resolve(file);
        ObjectNode backup;
        try (BackupFile archive = BackupFile.begin(target, file, force)) {
            Progress progress =
                    new Progress(
                            surroundings.err(),
                            surroundings.outputIsTerminal().getAsBoolean(),
                            json,
                            0,
                            -1);
            String sha256;
            try (InputStream in = api.download("/api/v1/backups")) {
                sha256 = archive.receive(in, progress);
            } catch (java.io.IOException e) {
                throw new Refusal("The connection could not be closed: " + e.getMessage(), e);
            } finally {
                progress.end();
            }
            String id = archive.check();
            archive.keep();
            backup = confirm(api, id, sha256);
        }
        show(
                backup,
                out ->
                        out.println(
                                "%s  %s  %s tables, %s rows, %s, read back"
                                        .formatted(
                                                file,
                                                Json.text(backup, "taken_at"),
                                                Json.text(backup, "tables"),
                                                Json.text(backup, "rows"),
                                                Size.of(backup.path("bytes").asLong()))));
        return Commands.DONE;
    }

    /// The server may delete what it keeps beside the database only when it knows of this one.
    private ObjectNode confirm(Api api, String id, String sha256) {
        try {
            return api.post(
                    "/api/v1/backups/" + Api.part(id) + "/verified",
                    Json.object().put("sha256", sha256),
                    CONFIRM_DEADLINE);
        } catch (Refusal e) {
            throw new Refusal(
                    file
                            + " is whole, but the server does not know it and goes on keeping its"
                            + " journal for the one before: "
                            + e.getMessage(),
                    e);
        }
    }
}
