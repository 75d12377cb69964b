package mooring.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mooring.process.ProcessIdentity;
import mooring.process.Signal;
import mooring.time.Deadline;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A PostgreSQL that an earlier start left running on our data folder.
///
/// Only a process proved to be one is signalled. What cannot be told either way is left to
/// PostgreSQL's own check, which refuses to start a second one.
final class LeftoverPostgres {
    private static final Logger LOG = LoggerFactory.getLogger(LeftoverPostgres.class);
    private static final Duration FAST = Duration.ofSeconds(3);
    private static final Duration IMMEDIATE = Duration.ofSeconds(1);
    private static final Duration AFTER_KILL = Duration.ofSeconds(2);
    private static final Duration ORPHANS = Duration.ofSeconds(1);

    private enum Claim {
        OURS,
        FOREIGN,
        UNKNOWN
    }

    private LeftoverPostgres() {}

    /// Ends what is left of an earlier run, so that the folder is free.
    static void stop(Path data, Deadline deadline) throws IOException, InterruptedException {
        PostmasterFile file = PostmasterFile.read(data);
        if (file == null) {
            return;
        }
        ProcessIdentity process = file.pid() == 0 ? null : ProcessIdentity.of(file.pid());
        Claim claim = process == null ? Claim.UNKNOWN : claim(process, data);
        if (process != null && claim == Claim.OURS) {
            LOG.info("PostgreSQL {} of an earlier start still runs: stopped", process.pid());
            stopPostmaster(process, data, deadline);
            return;
        }
        stopOrphans(data, deadline);
        if (file.pid() == 0 || claim == Claim.FOREIGN) {
            // PostgreSQL would take the stranger for its predecessor and refuse to start.
            Files.deleteIfExists(PostmasterFile.path(data));
        }
    }

    private static void stopPostmaster(ProcessIdentity postmaster, Path data, Deadline deadline)
            throws InterruptedException {
        List<ProcessIdentity> family = new ArrayList<>(postmaster.descendants());
        postmaster.send(Signal.INT);
        if (postmaster.awaitEnd(deadline.atMost(FAST))) {
            return;
        }
        family.addAll(postmaster.descendants());
        postmaster.send(Signal.QUIT);
        if (!postmaster.awaitEnd(deadline.atMost(IMMEDIATE))) {
            postmaster.send(Signal.KILL);
        }
        boolean gone = postmaster.awaitEnd(AFTER_KILL);
        for (ProcessIdentity member : family) {
            member.send(Signal.KILL);
            gone &= member.awaitEnd(AFTER_KILL);
        }
        if (!gone) {
            throw new StoreException(
                    data
                            + ": PostgreSQL "
                            + postmaster.pid()
                            + " of an earlier start cannot be stopped (end that process as its"
                            + " owner or as root)");
        }
    }

    /// Children whose postmaster was killed end by themselves in a moment, or are ended here.
    private static void stopOrphans(Path data, Deadline deadline) throws InterruptedException {
        for (ProcessIdentity process : ProcessIdentity.all()) {
            if (looksLikePostgres(process) && data.equals(process.workingFolder())) {
                if (!process.awaitEnd(deadline.atMost(ORPHANS))) {
                    process.send(Signal.KILL);
                    process.awaitEnd(AFTER_KILL);
                }
            }
        }
    }

    private static Claim claim(ProcessIdentity process, Path data) {
        if (!looksLikePostgres(process)) {
            // A command line that we may not read is empty.
            return process.commandLine().isEmpty() ? Claim.UNKNOWN : Claim.FOREIGN;
        }
        Path folder = process.workingFolder();
        if (folder != null) {
            return folder.equals(data) ? Claim.OURS : Claim.FOREIGN;
        }
        List<String> words = process.commandLine();
        int flag = words.indexOf("-D");
        if (flag < 0 || flag + 1 >= words.size()) {
            return Claim.UNKNOWN;
        }
        return words.get(flag + 1).equals(data.toString()) ? Claim.OURS : Claim.FOREIGN;
    }

    private static boolean looksLikePostgres(ProcessIdentity process) {
        List<String> words = process.commandLine();
        if (words.isEmpty()) {
            return false;
        }
        String first = words.getFirst();
        return first.endsWith("/postgres")
                || first.equals("postgres")
                || first.startsWith("postgres:");
    }
}
