package mooring.app;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import mooring.backup.BackupException;
import mooring.config.ConfigException;
import mooring.config.Settings;
import mooring.process.ChildException;
import mooring.sql.StoreException;
import mooring.time.Clock;

/// `serve`: starts the server, says where it is, and stops it when it is told to. `restore`: brings
/// a backup into an empty folder.
///
/// Exit codes: 0 stopped or restored, 1 cannot start or restore, 2 misuse.
public final class Main {

    private static final int CANNOT_START = 1;
    private static final int MISUSE = 2;

    private Main() {}

    public static void main(String[] args) {
        String command = args.length == 0 ? "" : args[0];
        List<String> flags = Arrays.asList(args).subList(Math.min(1, args.length), args.length);
        try {
            switch (command) {
                case "serve" -> serve(flags);
                case "restore" -> System.exit(restore(flags) ? 0 : CANNOT_START);
                default -> {
                    System.err.println(
                            "mooring: usage: serve [--SETTING VALUE …] | restore FILE [--journal"
                                    + " FOLDER]… [--SETTING VALUE …] (settings:"
                                    + " docs/reference/settings.md)");
                    System.exit(MISUSE);
                }
            }
        } catch (ConfigException e) {
            e.mistakes().forEach(mistake -> System.err.println("mooring: " + mistake));
            System.exit(MISUSE);
        } catch (StartException | StoreException | ChildException | BackupException e) {
            System.err.println("mooring: " + e.getMessage());
            System.exit(CANNOT_START);
        }
    }

    private static boolean restore(List<String> words) {
        Restore.Order order = Restore.Order.read(words);
        Settings settings = Settings.load(order.flags(), System.getenv(), Path.of(".mooring"));
        LogConfigurator.use(
                settings.dataDir().resolve("logs/mooring.log"), settings.logLevel().name());
        return Restore.run(
                order, settings, KeptJournals.booking("restore", Clock.system()), Main::say);
    }

    private static void serve(List<String> flags) {
        Settings settings = Settings.load(flags, System.getenv(), Path.of(".mooring"));
        LogConfigurator.use(
                settings.dataDir().resolve("logs/mooring.log"), settings.logLevel().name());
        Server server = Server.start(settings, flags, Main::say);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    server.stop(Main::say);
                                    stopped.countDown();
                                },
                                "stop"));
        Signals.haltOnSecond();
        if (settings.tlsCertificate() != null) {
            // Else a closed terminal still means what it always means.
            Signals.onHangUp(server::reload);
        }
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
