package mooring.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import mooring.process.ChildProcess;
import mooring.process.ChildSpec;
import mooring.process.Children;
import mooring.process.RunAs;
import mooring.process.Signal;
import mooring.time.Deadline;
import org.jspecify.annotations.Nullable;

/// One set of databases on disk and the password of its owner.
///
/// It is made beside its place and renamed last, so a cluster with its name is a whole one and what
/// a crash left half made is recognised and thrown away.
///
/// @param account whom the files belong to and PostgreSQL runs as; null for our own user
record PostgresCluster(Path data, @Nullable RunAs account, String password) {
    static final String OWNER = "mooring";
    static final String LOG = "postgres.log";

    private static final String DATA = "data";
    private static final String MAKING = "making-";
    private static final String PASSWORD = "password";
    private static final int PASSWORD_BYTES = 32;
    private static final long ROOM_NEEDED_BYTES = 192L * 1024 * 1024;
    private static final Duration STOP_GRACE = Duration.ofSeconds(2);

    /// What suits one small machine and many small commits. It goes into the cluster's own
    /// `postgresql.conf`, where an operator may change it; what must hold is on the command line.
    private static final List<String> SETTINGS =
            List.of(
                    "shared_buffers=128MB",
                    "max_connections=64",
                    "io_method=sync",
                    "jit=off",
                    "wal_level=minimal",
                    "max_wal_senders=0",
                    "max_logical_replication_workers=0",
                    "min_wal_size=128MB",
                    "max_wal_size=1GB",
                    "checkpoint_timeout=10min",
                    "timezone=UTC",
                    "log_timezone=UTC",
                    "log_checkpoints=off",
                    "log_line_prefix=%m [%p] %d ");

    /// Opens the cluster in a folder of its own, made first if there is none.
    static PostgresCluster open(Path folder, PostgresBinaries binaries, Deadline deadline) {
        try {
            if (!Files.isDirectory(folder)) {
                // Root's child account has to pass this folder; for anybody else it is private.
                String permissions = PostgresAccount.weAreRoot() ? "rwx--x--x" : "rwx------";
                Files.createDirectories(
                        folder,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString(permissions)));
            }
            Path data = folder.toRealPath().resolve(DATA);
            RunAs account = PostgresAccount.choose(data, binaries.home());
            removeHalfMade(folder);
            if (Files.exists(data)) {
                requireSameVersion(data, binaries);
            } else {
                make(folder, data, account, binaries, deadline);
            }
            return new PostgresCluster(data, account, readPassword(folder));
        } catch (IOException failure) {
            throw FileTrees.explain(folder, failure);
        }
    }

    @Override
    public String toString() {
        return "PostgresCluster[" + data + "]";
    }

    private static void requireSameVersion(Path data, PostgresBinaries binaries)
            throws IOException {
        Path file = data.resolve("PG_VERSION");
        if (!Files.exists(file)) {
            throw new StoreException(
                    data
                            + ": is no PostgreSQL cluster (expected: one, or nothing; move it away,"
                            + " or choose another folder)");
        }
        String found = Files.readString(file).strip();
        if (!found.equals(binaries.majorVersion())) {
            throw new StoreException(
                    data
                            + ": made by PostgreSQL "
                            + found
                            + " (expected: "
                            + binaries.majorVersion()
                            + "; restore a backup into a new folder, or run the release that made"
                            + " it)");
        }
    }

    private static void make(
            Path folder,
            Path data,
            @Nullable RunAs account,
            PostgresBinaries binaries,
            Deadline deadline)
            throws IOException {
        long room = Files.getFileStore(folder).getUsableSpace();
        if (room < ROOM_NEEDED_BYTES) {
            throw new StoreException(
                    folder
                            + ": the disk is full: "
                            + (room >> 20)
                            + " MiB left (expected: at least "
                            + (ROOM_NEEDED_BYTES >> 20)
                            + " MiB; free some space there, or choose another folder)");
        }
        String password = newPassword();
        Path making = data.resolveSibling(MAKING + UUID.randomUUID());
        Path passwordForMaking = making.resolveSibling(making.getFileName() + "-password");
        try {
            Files.createDirectory(making, permissions("rwx------"));
            writeSecret(passwordForMaking, password);
            if (account != null) {
                give(making, account);
                give(passwordForMaking, account);
            }
            runInitdb(making, passwordForMaking, account, binaries, deadline);
            writeSecret(folder.resolve(PASSWORD), password);
            Files.move(making, data, StandardCopyOption.ATOMIC_MOVE);
            FileTrees.sync(folder);
        } finally {
            FileTrees.delete(passwordForMaking);
            FileTrees.delete(making);
        }
    }

    private static void runInitdb(
            Path making,
            Path passwordFile,
            @Nullable RunAs account,
            PostgresBinaries binaries,
            Deadline deadline) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                binaries.program("initdb").toString(),
                                "--pgdata=" + making,
                                "--username=" + OWNER,
                                "--pwfile=" + passwordFile,
                                "--auth=scram-sha-256",
                                "--encoding=UTF8",
                                // The same order of texts on every machine and after every update.
                                "--locale=C",
                                "--locale-provider=builtin",
                                "--builtin-locale=C.UTF-8",
                                "--data-checksums",
                                "--no-instructions"));
        for (String setting : SETTINGS) {
            command.add("--set=" + setting);
        }
        ChildProcess initdb =
                Children.start(
                        ChildSpec.of("initdb", command, making.resolveSibling(LOG))
                                .withOnlyEnvironment(environment())
                                .withBond(Signal.INT)
                                .withRunAs(account));
        try {
            int status = initdb.onExit().get(deadline.left().toMillis(), TimeUnit.MILLISECONDS);
            if (status != 0) {
                String said = String.join("; ", initdb.lastLines(4));
                throw FileTrees.isDiskFull(said)
                        ? FileTrees.diskFull(making)
                        : new StoreException(
                                "initdb: status "
                                        + status
                                        + " (expected: 0; see "
                                        + making.resolveSibling(LOG)
                                        + "): "
                                        + said);
            }
        } catch (TimeoutException late) {
            throw new StoreException(
                    "initdb: not done within the deadline (expected: a few seconds; is the disk"
                            + " very slow?)",
                    late);
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new StoreException("initdb: interrupted", interrupted);
        } finally {
            stop(initdb);
        }
    }

    /// PostgreSQL reads many variables; it shall see none of ours.
    static Map<String, String> environment() {
        return Map.of("PATH", "/usr/bin:/bin", "LC_ALL", "C", "TZ", "UTC");
    }

    private static void stop(ChildProcess initdb) {
        try {
            if (initdb.alive()) {
                initdb.stop(Signal.INT, STOP_GRACE);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHalfMade(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry :
                    entries.filter(e -> e.getFileName().toString().startsWith(MAKING)).toList()) {
                FileTrees.delete(entry);
            }
        }
    }

    private static String newPassword() {
        byte[] random = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    private static String readPassword(Path folder) throws IOException {
        Path file = folder.resolve(PASSWORD);
        if (!Files.exists(file)) {
            throw new StoreException(
                    file
                            + ": is missing (expected: the password of the cluster beside it; put"
                            + " it back from a copy of this folder)");
        }
        return Files.readString(file).strip();
    }

    private static void writeSecret(Path file, String secret) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file, permissions("rw-------"));
        Files.writeString(file, secret + "\n");
        FileTrees.sync(file);
    }

    private static void give(Path path, RunAs account) throws IOException {
        Files.setAttribute(path, "unix:uid", account.uid());
        Files.setAttribute(path, "unix:gid", account.gid());
    }

    private static FileAttribute<?> permissions(String text) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
    }
}
