package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import mooring.backup.Backups;
import mooring.backup.Backups.Taken;
import mooring.ids.BackupId;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Archives of everything, and the last one that somebody read back.
final class BackupsResource {

    /// A snapshot that stays open keeps PostgreSQL from clearing away what is dead.
    static final Duration LONGEST = Duration.ofHours(12);

    private final Backups backups;

    /// It reads every row: one at a time is enough for anybody.
    private final Semaphore running = new Semaphore(1);

    BackupsResource(Backups backups) {
        this.backups = backups;
    }

    Answer take(@SuppressWarnings("unused") Call call) {
        return Answer.ok(
                new Download(
                        "application/octet-stream",
                        "mooring-backup.zip",
                        LONGEST,
                        to -> {
                            if (!running.tryAcquire()) {
                                throw new ProblemException(
                                        new Problem.Conflict(
                                                "a backup is already being taken (expected: one at"
                                                        + " a time)"));
                            }
                            try {
                                backups.take(to);
                            } finally {
                                running.release();
                            }
                        }));
    }

    Answer verified(Call call) {
        BackupId id = call.backup();
        String read = call.requiredText("sha256");
        Taken taken =
                backups.verified(id, read)
                        .orElseThrow(
                                () ->
                                        new ProblemException(
                                                new Problem.NotFound(
                                                        "backup: "
                                                                + id
                                                                + " was not written by this"
                                                                + " installation, or not to its"
                                                                + " end")));
        if (!taken.sha256().equals(read)) {
            throw new ProblemException(
                    new Problem.Conflict(
                            "sha256: "
                                    + read
                                    + " (expected: "
                                    + taken.sha256()
                                    + ", as it was written)"));
        }
        return Answer.ok(form(taken));
    }

    Answer last(@SuppressWarnings("unused") Call call) {
        ObjectNode form = Shapes.object();
        backups.lastVerified()
                .ifPresentOrElse(
                        taken -> form.set("backup", form(taken)), () -> form.putNull("backup"));
        return Answer.ok(form);
    }

    private static ObjectNode form(Taken taken) {
        return Shapes.object()
                .put("id", taken.id().toString())
                .put("taken_at", taken.takenAt().toString())
                .put("verified_at", Shapes.instant(taken.verifiedAt()))
                .put("bytes", taken.bytes())
                .put("sha256", taken.sha256())
                .put("tables", taken.tables())
                .put("rows", taken.rows());
    }
}
