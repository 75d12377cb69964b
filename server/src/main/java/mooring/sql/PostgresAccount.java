package mooring.sql;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import mooring.process.RunAs;
import org.jspecify.annotations.Nullable;

/// The account that PostgreSQL, which refuses to be root, runs as.
final class PostgresAccount {
    private static final Path ACCOUNTS = Path.of("/etc/passwd");
    private static final List<String> PREFERRED = List.of("postgres", "nobody");

    private PostgresAccount() {}

    static boolean weAreRoot() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    }

    /// For a root process: the owner of the cluster if there is one, else `postgres`, else
    /// `nobody`; null for any other user, whose own account serves.
    static @Nullable RunAs choose(Path cluster, Path binaries) throws IOException {
        if (!weAreRoot()) {
            return null;
        }
        RunAs account = Files.exists(cluster) ? ownerOf(cluster) : preferred();
        boolean open = reachableBy(account, cluster) && reachableBy(account, binaries);
        return open ? account : new RunAs(account.user(), account.uid(), account.gid(), true);
    }

    private static RunAs preferred() throws IOException {
        for (String name : PREFERRED) {
            for (RunAs account : accounts()) {
                if (account.user().equals(name)) {
                    return account;
                }
            }
        }
        throw new StoreException(
                "PostgreSQL: refuses to run as root and there is no account postgres or nobody in "
                        + ACCOUNTS
                        + " (run as an ordinary user, or name a database with --database-url)");
    }

    private static RunAs ownerOf(Path cluster) throws IOException {
        int uid = (int) Files.getAttribute(cluster, "unix:uid");
        for (RunAs account : accounts()) {
            if (account.uid() == uid) {
                return account;
            }
        }
        throw new StoreException(
                cluster
                        + ": belongs to user id "
                        + uid
                        + " (expected: an unprivileged account in "
                        + ACCOUNTS
                        + "; change its owner, with all that is in it)");
    }

    private static List<RunAs> accounts() throws IOException {
        return Files.readAllLines(ACCOUNTS, StandardCharsets.ISO_8859_1).stream()
                .map(line -> line.split(":"))
                .filter(fields -> fields.length >= 4 && fields[2].matches("[1-9]\\d{0,8}"))
                .map(
                        fields ->
                                new RunAs(
                                        fields[0],
                                        Integer.parseInt(fields[2]),
                                        Integer.parseInt(fields[3]),
                                        false))
                .toList();
    }

    /// Whether the account may pass every folder above the path.
    private static boolean reachableBy(RunAs account, Path path) throws IOException {
        for (Path folder = path.getParent(); folder != null; folder = folder.getParent()) {
            if (!mayPass(account, folder)) {
                return false;
            }
        }
        return true;
    }

    private static boolean mayPass(RunAs account, Path folder) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
        PosixFilePermission needed;
        if ((int) Files.getAttribute(folder, "unix:uid") == account.uid()) {
            needed = PosixFilePermission.OWNER_EXECUTE;
        } else if ((int) Files.getAttribute(folder, "unix:gid") == account.gid()) {
            needed = PosixFilePermission.GROUP_EXECUTE;
        } else {
            needed = PosixFilePermission.OTHERS_EXECUTE;
        }
        return permissions.contains(needed);
    }
}
