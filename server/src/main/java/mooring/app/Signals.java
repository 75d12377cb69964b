package mooring.app;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The first polite signal drains, the second one stops at once; a hang-up reads files anew.
final class Signals {

    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private static final int INTERRUPTED = 130;

    private Signals() {}

    /// Java has no public way to hear a signal; where the one below is missing, a second signal is
    /// simply not heard.
    static void haltOnSecond() {
        AtomicBoolean asked = new AtomicBoolean();
        on(() -> stop(asked), "INT", "TERM");
    }

    /// The signal by which a program is told that its files have changed.
    static void onHangUp(Runnable action) {
        on(() -> new Thread(action, "reload").start(), "HUP");
    }

    private static void on(Runnable action, String... names) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object onSignal =
                    Proxy.newProxyInstance(
                            Signals.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (_, method, _) -> {
                                if (method.getName().equals("handle")) {
                                    action.run();
                                }
                                return null;
                            });
            for (String name : names) {
                signal.getMethod("handle", signal, handler)
                        .invoke(
                                null,
                                signal.getConstructor(String.class).newInstance(name),
                                onSignal);
            }
        } catch (ReflectiveOperationException e) {
            LOG.debug("no signal handlers: {}", e.toString());
        }
    }

    private static void stop(AtomicBoolean asked) {
        if (asked.getAndSet(true)) {
            Runtime.getRuntime().halt(INTERRUPTED);
        }
        // Off this thread: exit waits for the hooks, and the next signal must get in.
        new Thread(() -> System.exit(0), "exit").start();
    }
}
