package mooring.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A running answer's server-sent events, in order, as they come.
///
/// A thread of its own reads ahead, at most a few events; closing ends it and the connection, which
/// tells the server to stop.
final class EventStream implements AutoCloseable {
    /// The server sends a sign of life every ten seconds.
    private static final Duration SILENCE_DEADLINE = Duration.ofSeconds(60);

    private static final int MAX_EVENT_BYTES = 8 << 20;
    private static final int MAX_EVENTS_AHEAD = 64;

    private sealed interface Item {
        record Event(String data) implements Item {}

        record SignOfLife() implements Item {}

        record End() implements Item {}

        record Broken(IOException cause) implements Item {}
    }

    private final InputStream in;
    private final BlockingQueue<Item> items = new ArrayBlockingQueue<>(MAX_EVENTS_AHEAD);
    private final Thread reader;

    EventStream(InputStream in) {
        this.in = in;
        this.reader = Thread.ofVirtual().name("event-stream").start(this::read);
    }

    /// The next event's data; null when the server has ended the stream.
    @Nullable String next() {
        while (true) {
            Item item;
            try {
                item = items.poll(SILENCE_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Refusal("Interrupted.", e);
            }
            if (item == null) {
                throw new Refusal(
                        "The server was silent for "
                                + SILENCE_DEADLINE.toSeconds()
                                + " s: see ./mooring status.");
            }
            switch (item) {
                case Item.Event event -> {
                    return event.data();
                }
                case Item.SignOfLife _ -> {}
                case Item.End _ -> {
                    return null;
                }
                case Item.Broken broken ->
                        throw new Refusal(
                                "The connection broke in the middle of the answer: see ./mooring"
                                        + " status.",
                                broken.cause());
            }
        }
    }

    @Override
    public void close() {
        reader.interrupt();
        try {
            in.close();
        } catch (IOException e) {
            // The connection is gone either way.
        }
    }

    private void read() {
        try {
            try {
                readEvents();
                items.put(new Item.End());
            } catch (IOException e) {
                items.put(new Item.Broken(e));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Lines are cut at the byte, and only whole lines decoded, so that no character breaks.
    private void readEvents() throws IOException, InterruptedException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        StringBuilder data = new StringBuilder();
        byte[] buffer = new byte[8_192];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            for (int i = 0; i < count; i++) {
                if (buffer[i] == '\n') {
                    readLine(line.toString(StandardCharsets.UTF_8), data);
                    line.reset();
                } else {
                    line.write(buffer[i]);
                }
                if (line.size() + data.length() > MAX_EVENT_BYTES) {
                    throw new IOException(
                            "event: over " + MAX_EVENT_BYTES + " bytes (expected: fewer)");
                }
            }
        }
    }

    private void readLine(String line, StringBuilder data) throws InterruptedException {
        String text = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
        if (text.isEmpty() && !data.isEmpty()) {
            items.put(new Item.Event(data.toString()));
            data.setLength(0);
        } else if (text.startsWith("data:")) {
            if (!data.isEmpty()) {
                data.append('\n');
            }
            data.append(text.startsWith("data: ") ? text.substring(6) : text.substring(5));
        } else if (text.startsWith(":")) {
            items.put(new Item.SignOfLife());
        }
    }
}
