package mooring.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A line to another port that a test can cut and mend.
public final class Cable implements AutoCloseable {

    private static final int BACKLOG = 64;

    private final ServerSocket door;
    private final int target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean cut;

    private Cable(ServerSocket door, int target) {
        this.door = door;
        this.target = target;
    }

    public static Cable to(int port) {
        try {
            Cable cable =
                    new Cable(new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()), port);
            Thread.ofVirtual().start(cable::accept);
            return cable;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public int port() {
        return door.getLocalPort();
    }

    /// Drops what is connected and everybody who comes.
    public void cut() {
        cut = true;
        open.forEach(Cable::close);
        open.clear();
    }

    public void mend() {
        cut = false;
    }

    @Override
    public void close() {
        cut();
        try {
            door.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket caller = door.accept();
                if (cut) {
                    close(caller);
                    continue;
                }
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                open.add(caller);
                open.add(server);
                Thread.ofVirtual().start(() -> copy(caller, server));
                Thread.ofVirtual().start(() -> copy(server, caller));
            } catch (IOException ended) {
                // The door was closed, or the target is gone: the next one finds out.
            }
        }
    }

    private void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException ended) {
            // One side left; both are closed below.
        } finally {
            close(from);
            close(to);
            open.remove(from);
            open.remove(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException ignored) {
            // Closed is what it should be.
        }
    }
}
