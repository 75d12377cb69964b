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
