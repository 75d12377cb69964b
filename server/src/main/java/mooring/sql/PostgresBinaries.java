package mooring.sql;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import mooring.time.Deadline;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/// PostgreSQL's programs as unpacked from our own jars into a cache folder that processes may
/// share.
///
/// An unpacked folder is complete from the moment it has its name, because it is renamed last; two
/// processes that race unpack twice and one result is thrown away.
///
/// @param version such as `18.6`, as the program itself says
record PostgresBinaries(Path home, String version) {
    private static final String VERSION_FILE = "version";
    private static final String UNPACKING = ".unpacking-";
    private static final Duration ABANDONED = Duration.ofHours(1);
    private static final Duration VERSION_DEADLINE = Duration.ofSeconds(10);
    private static final Duration BUSY = Duration.ofMillis(10);

    static PostgresBinaries unpackedIn(Path cache) {
        return unpackedIn(cache, System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static PostgresBinaries unpackedIn(Path cache, String system, String processor) {
        URL archive = archive(system, processor);
        try {
            Path home = cache.toAbsolutePath().resolve(folderName(archive));
            if (!Files.exists(home.resolve(VERSION_FILE))) {
                unpack(archive, cache.toAbsolutePath(), home);
            }
            return new PostgresBinaries(
                    home.toRealPath(), Files.readString(home.resolve(VERSION_FILE)).strip());
        } catch (IOException failure) {
            throw FileTrees.explain(cache, failure);
        }
    }

    Path program(String name) {
        return home.resolve("bin").resolve(name);
    }

    String majorVersion() {
        return version.substring(0, version.indexOf('.'));
    }

    private static URL archive(String system, String processor) {
        String name =
                switch (processor.toLowerCase(Locale.ROOT)) {
                    case "amd64", "x86_64" -> "/postgres-linux-x86_64.txz";
                    case "aarch64", "arm64" -> "/postgres-linux-arm_64.txz";
                    default -> null;
                };
        boolean linux = system.toLowerCase(Locale.ROOT).equals("linux");
        URL archive = linux && name != null ? PostgresBinaries.class.getResource(name) : null;
        if (archive == null) {
            throw new StoreException(
                    "PostgreSQL: no programs for "
                            + system
                            + " on "
                            + processor
                            + " (expected: Linux on amd64 or aarch64; elsewhere name a database"
                            + " with --database-url)");
        }
        return archive;
    }

    /// The archive's checksum names the folder, so that another release never meets old files. The
    /// jar's index has it at no cost.
    private static String folderName(URL archive) throws IOException {
        URLConnection connection = archive.openConnection();
        long checksum;
        if (connection instanceof JarURLConnection jar) {
            checksum = jar.getJarEntry().getCrc();
        } else {
            CRC32 crc = new CRC32();
            try (InputStream in = connection.getInputStream()) {
                crc.update(in.readAllBytes());
            }
            checksum = crc.getValue();
        }
        return "postgresql-%08x".formatted(checksum);
    }

    private static void unpack(URL archive, Path cache, Path home) throws IOException {
        Files.createDirectories(cache);
        Path unpacking = home.resolveSibling(home.getFileName() + UNPACKING + UUID.randomUUID());
        try {
            Files.createDirectory(unpacking);
            removeAbandoned(cache, Files.getLastModifiedTime(unpacking));
            extract(archive, unpacking);
            String version = versionOf(unpacking.resolve("bin/postgres"));
            Files.writeString(unpacking.resolve(VERSION_FILE), version + "\n");
            makeReadable(unpacking);
            FileTrees.syncAll(unpacking);
            takeName(unpacking, home);
            FileTrees.sync(cache);
        } finally {
            FileTrees.delete(unpacking);
        }
    }

    private static void takeName(Path unpacking, Path home) throws IOException {
        if (Files.exists(home) && !Files.exists(home.resolve(VERSION_FILE))) {
            FileTrees.delete(home);
        }
        try {
            Files.move(unpacking, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException another) {
            // Which of the exceptions says that the name is taken depends on the file system.
            if (!Files.exists(home.resolve(VERSION_FILE))) {
                throw another;
            }
        }
    }

    private static void extract(URL archive, Path target) throws IOException {
        try (InputStream file = new BufferedInputStream(archive.openStream(), 1 << 16);
                TarArchiveInputStream tar =
                        new TarArchiveInputStream(
                                new BufferedInputStream(new XZInputStream(file), 1 << 16))) {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null;
                    entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException(entry.getName() + " leads out of the archive");
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else if (entry.isLink()) {
                    Files.createLink(path, target.resolve(entry.getLinkName()).normalize());
                } else {
                    Files.copy(tar, path);
                    boolean runs = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            path,
                            PosixFilePermissions.fromString(runs ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }

    /// Another account may have to run what we unpack, whatever our umask says.
    private static void makeReadable(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.filter(Files::isDirectory).toList()) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }

    /// A process that another thread is starting holds what we have just written open until its own
    /// program runs; for that moment ours is refused as busy.
    private static Process start(ProcessBuilder builder) throws IOException {
        builder.redirectErrorStream(true);
        Deadline deadline = Deadline.in(VERSION_DEADLINE);
        while (true) {
            try {
                return builder.start();
            } catch (IOException busy) {
                boolean passing = String.valueOf(busy.getMessage()).contains("Text file busy");
                if (!passing || deadline.passed()) {
                    throw busy;
                }
                LockSupport.parkNanos(BUSY.toNanos());
            }
        }
    }

    private static String versionOf(Path postgres) throws IOException {
        Process process = start(new ProcessBuilder(postgres.toString(), "--version"));
        try {
            process.getOutputStream().close();
            if (!process.waitFor(VERSION_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new StoreException(
                        postgres + ": no answer to --version in " + VERSION_DEADLINE);
            }
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                            .strip();
            String version = output.substring(output.lastIndexOf(' ') + 1);
            if (!version.matches("\\d+\\.\\d+")) {
                throw new StoreException(
                        postgres + ": does not run here: " + output + " (expected: a version)");
            }
            return version;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new StoreException(postgres + ": interrupted while starting", interrupted);
        } finally {
            process.destroyForcibly();
        }
    }

    /// What a crash left half unpacked; young ones may be another process at work.
    private static void removeAbandoned(Path cache, FileTime now) throws IOException {
        try (Stream<Path> paths = Files.list(cache)) {
            for (Path path : paths.filter(p -> p.toString().contains(UNPACKING)).toList()) {
                FileTime made = Files.getLastModifiedTime(path);
                if (now.toMillis() - made.toMillis() > ABANDONED.toMillis()) {
                    FileTrees.delete(path);
                }
            }
        }
    }
}
