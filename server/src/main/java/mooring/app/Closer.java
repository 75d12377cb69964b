package mooring.app;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What has been opened, to be closed in the opposite order, each part whatever the others do.
final class Closer {

    private static final Logger LOG = LoggerFactory.getLogger(Closer.class);

    private final Deque<Runnable> opened = new ArrayDeque<>();

    synchronized void add(Runnable close) {
        opened.push(close);
    }

    synchronized void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().run();
            } catch (RuntimeException e) {
                LOG.warn("closing", e);
            }
        }
    }
}
