package mooring.sql;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.process.ChildException;
import mooring.process.ChildProcess;
import mooring.process.ChildSpec;
import mooring.process.Children;
import mooring.process.Signal;
import mooring.time.Deadline;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A PostgreSQL of our own: a child process on loopback that syncs every commit, knows one
/// password, is started again on the same port should it end by itself, and ends when we do.
///
/// Used and closed by one thread; the databases in it by any.
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final int MAX_START_ATTEMPTS = 5;
    private static final Duration POLL = Duration.ofMillis(4);
    private static final Duration FAST_STOP = Duration.ofSeconds(15);
    private static final int CONNECT_SECONDS = 5;

    /// A crash under load has much to replay.
    private static final Duration RESTART = Duration.ofMinutes(2);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final PostgresCluster cluster;
    private final PostgresBinaries binaries;
    private final int port;
    private final FolderLock lock;
    private final AtomicInteger restarts = new AtomicInteger();
    private final Thread watch = Thread.ofVirtual().name("postgres-watch").unstarted(this::watch);
    private volatile ChildProcess process;
    private volatile boolean closing;

    private EmbeddedPostgres(
            PostgresCluster cluster,
            PostgresBinaries binaries,
            ChildProcess process,
            int port,
            FolderLock lock) {
        this.cluster = cluster;
        this.binaries = binaries;
        this.process = process;
        this.port = port;
        this.lock = lock;
    }

    /// Starts PostgreSQL on a folder of its own, after ending one left over from an earlier start;
    /// returns when it accepts connections.
    ///
    /// @param binariesCache where the programs are unpacked once, for all folders
    public static EmbeddedPostgres start(Path folder, Path binariesCache, Duration deadline) {
        Deadline end = Deadline.in(deadline);
        // The first connection costs more than the server's start: load what it needs meanwhile.
        Thread.ofPlatform().daemon().name("warm-up-of-jdbc").start(EmbeddedPostgres::warmUp);
        FolderLock lock = lock(folder);
        boolean started = false;
        try {
            PostgresBinaries binaries = PostgresBinaries.unpackedIn(binariesCache);
            PostgresCluster cluster = PostgresCluster.open(folder, binaries, end);
            EmbeddedPostgres postgres = startServer(cluster, binaries, lock, end);
            started = true;
            postgres.watch.start();
            return postgres;
        } catch (IOException failure) {
            throw FileTrees.explain(folder, failure);
        } catch (ChildException failure) {
            throw new StoreException(
                    failure.getMessage() + ", or name a database with --database-url", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new StoreException("PostgreSQL: interrupted while starting", interrupted);
        } finally {
            if (!started) {
                lock.close();
            }
        }
    }

    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    public String user() {
        return PostgresCluster.OWNER;
    }

    public String password() {
        return cluster.password();
    }

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    /// How often it ended by itself and was started again.
    public int restarts() {
        return restarts.get();
    }

    /// The last lines of its log since this start.
    public List<String> lastLines(int count) {
        return process.lastLines(count);
    }

    /// Makes a database of this name unless there is one.
    public void ensureDatabase(String name) {
        if (!name.matches("[a-z_][a-z0-9_]{0,62}")) {
            throw new IllegalArgumentException(
                    "database: " + name + " (expected: lower-case letters, digits, _)");
        }
        try (Connection connection = connect(jdbcUrl("postgres"), CONNECT_SECONDS);
                PreparedStatement find =
                        connection.prepareStatement(
                                "SELECT 1 FROM pg_database WHERE datname = ?")) {
            find.setString(1, name);
            if (find.executeQuery().next()) {
                return;
            }
            try (Statement create = connection.createStatement()) {
                create.execute("CREATE DATABASE " + name);
            }
        } catch (SQLException failure) {
            throw new StoreException(
                    "PostgreSQL: database " + name + " cannot be made: " + failure.getMessage(),
                    failure);
        }
    }

    /// Ends it by its fast shutdown: transactions are rolled back, nothing committed is lost.
    @Override
    public void close() {
        closing = true;
        watch.interrupt();
        try {
            watch.join(FAST_STOP);
            if (!process.stop(Signal.INT, FAST_STOP)) {
                LOG.error("PostgreSQL {} cannot be stopped", process.pid());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            lock.close();
        }
    }

    private static FolderLock lock(Path folder) {
        try {
            return FolderLock.take(folder);
        } catch (IOException failure) {
            throw FileTrees.explain(folder, failure);
        }
    }

    private static EmbeddedPostgres startServer(
            PostgresCluster cluster, PostgresBinaries binaries, FolderLock lock, Deadline deadline)
            throws IOException, InterruptedException {
        StoreException last = new StoreException("PostgreSQL: the deadline left no time to start");
        for (int attempt = 0; attempt < MAX_START_ATTEMPTS && !deadline.passed(); attempt++) {
            int port = freePort();
            ChildProcess process = launch(cluster, binaries, port, deadline);
            EmbeddedPostgres postgres =
                    new EmbeddedPostgres(cluster, binaries, process, port, lock);
            StoreException failure = postgres.awaitReady(process, deadline);
            if (failure == null) {
                return postgres;
            }
            boolean again = postgres.mayWorkNextTime(process);
            process.stop(Signal.INT, Duration.ofSeconds(2));
            if (!again) {
                throw failure;
            }
            last = failure;
        }
        throw last;
    }

    private static ChildProcess launch(
            PostgresCluster cluster, PostgresBinaries binaries, int port, Deadline deadline)
            throws IOException, InterruptedException {
        LeftoverPostgres.stop(cluster.data(), deadline);
        return Children.start(server(cluster, binaries, port));
    }

    /// Starts it again whenever it ends by itself, for as long as that takes.
    private void watch() {
        Duration pause = FIRST_PAUSE;
        try {
            while (!closing) {
                int status = process.onExit().get();
                if (closing) {
                    return;
                }
                LOG.error("PostgreSQL ended by itself with status {}: starting it again", status);
                Thread.sleep(pause);
                pause = restart() ? FIRST_PAUSE : longer(pause);
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private boolean restart() throws InterruptedException {
        Deadline deadline = Deadline.in(RESTART);
        try {
            ChildProcess again = launch(cluster, binaries, port, deadline);
            process = again;
            StoreException failure = awaitReady(again, deadline);
            if (failure == null) {
                restarts.incrementAndGet();
                LOG.info("PostgreSQL runs again on port {}", port);
                return true;
            }
            LOG.error("PostgreSQL did not start: {}", failure.getMessage());
            again.stop(Signal.INT, Duration.ofSeconds(2));
        } catch (IOException | RuntimeException failure) {
            LOG.error("PostgreSQL did not start", failure);
        }
        return false;
    }

    private static Duration longer(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    }

    private static ChildSpec server(PostgresCluster cluster, PostgresBinaries binaries, int port) {
        Path log = cluster.data().resolveSibling(PostgresCluster.LOG);
        List<String> command =
                List.of(
                        binaries.program("postgres").toString(),
                        "-D",
                        cluster.data().toString(),
                        "-c",
                        "port=" + port,
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "unix_socket_directories=",
                        "-c",
                        "fsync=on",
                        "-c",
                        "full_page_writes=on",
                        "-c",
                        "synchronous_commit=on",
                        "-c",
                        "password_encryption=scram-sha-256",
                        "-c",
                        "log_destination=stderr",
                        "-c",
                        "logging_collector=off");
        return ChildSpec.of("PostgreSQL", command, log)
                .withOnlyEnvironment(PostgresCluster.environment())
                .withBond(Signal.INT)
                .withRunAs(cluster.account());
    }

    /// Null once it accepts connections, else why it never will.
    private @Nullable StoreException awaitReady(ChildProcess server, Deadline deadline)
            throws IOException, InterruptedException {
        while (true) {
            if (!server.alive()) {
                String said = String.join("; ", server.lastLines(3));
                return FileTrees.isDiskFull(said)
                        ? FileTrees.diskFull(cluster.data())
                        : new StoreException(
                                "PostgreSQL: ended while starting (see "
                                        + cluster.data().resolveSibling(PostgresCluster.LOG)
                                        + "): "
                                        + said);
            }
            PostmasterFile file = PostmasterFile.read(cluster.data());
            if (file != null && file.pid() == server.pid() && file.ready()) {
                return tryConnection(deadline);
            }
            if (deadline.passed()) {
                return new StoreException(
                        "PostgreSQL: not ready within the deadline (expected: a second, or longer"
                                + " after a crash under load; see "
                                + cluster.data().resolveSibling(PostgresCluster.LOG)
                                + ")");
            }
            Thread.sleep(POLL);
        }
    }

    private @Nullable StoreException tryConnection(Deadline deadline) {
        int seconds = (int) Math.max(1, deadline.atMost(Duration.ofSeconds(30)).toSeconds());
        try (Connection connection = connect(jdbcUrl("postgres"), seconds)) {
            return connection.isValid(seconds)
                    ? null
                    : new StoreException("PostgreSQL: does not answer on port " + port);
        } catch (SQLException refused) {
            return new StoreException(
                    "PostgreSQL: refuses our own connection: " + refused.getMessage(), refused);
        }
    }

    /// Another port, or the end of a predecessor, may help; nothing else is tried again.
    private boolean mayWorkNextTime(ChildProcess server) {
        if (server.alive()) {
            return false;
        }
        String said = String.join("\n", server.lastLines(12));
        return said.contains("Address already in use")
                || said.contains("could not create any TCP/IP sockets")
                || said.contains("pre-existing shared memory block")
                || said.contains("lock file \"postmaster.pid\" already exists");
    }

    private Connection connect(String url, int seconds) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user());
        properties.setProperty("password", password());
        properties.setProperty("loginTimeout", Integer.toString(seconds));
        properties.setProperty("connectTimeout", Integer.toString(seconds));
        properties.setProperty("socketTimeout", Integer.toString(seconds));
        return DriverManager.getConnection(url, properties);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void warmUp() {
        Properties properties = new Properties();
        properties.setProperty("user", PostgresCluster.OWNER);
        properties.setProperty("password", "none");
        properties.setProperty("connectTimeout", "1");
        try {
            String nobody = "jdbc:postgresql://127.0.0.1:" + freePort() + "/postgres";
            DriverManager.getConnection(nobody, properties).close();
        } catch (IOException | SQLException expected) {
            // Nobody listens there; the classes are loaded, which was the purpose.
        }
    }
}
