package mooring.app;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mooring.config.Settings;

/// The whole server inside this JVM, started by its flags as `serve` starts it.
public final class InProcess implements AutoCloseable {

    private final Server server;
    private boolean stopped;

    private InProcess(Server server) {
        this.server = server;
    }

    /// @param dataDir where it keeps everything
    /// @param flags as on the command line
    public static InProcess start(Path dataDir, List<String> flags) {
        Settings settings = Settings.load(flags, Map.of(), dataDir);
        return new InProcess(Server.start(settings, flags, _ -> {}));
    }

    public String baseUrl() {
        return server.baseUrl();
    }

    public String adminUrl() {
        return server.adminUrl();
    }

    /// Whether every charge that was written down so far is booked.
    public boolean booked() {
        return server.booked();
    }

    /// Requests for which money is set aside at this moment.
    public int holding() {
        return server.holding();
    }

    /// What running requests hold at this moment, in nano units.
    public long heldNanos() {
        return server.heldNanos();
    }

    /// What a hang-up signal does: true when another certificate is in use from now on.
    public boolean reload() {
        return server.reload();
    }

    /// What a termination signal does: running answers end, then everything stops.
    public synchronized void stop() {
        if (!stopped) {
            stopped = true;
            server.stop(_ -> {});
        }
    }

    @Override
    public void close() {
        stop();
    }
}
