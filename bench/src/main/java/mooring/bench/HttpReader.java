package mooring.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Takes an HTTP/1.1 answer apart as its bytes come: status, headers, body, and whether it ended.
final class HttpReader {

    private enum State {
        HEAD,
        SIZE,
        DATA,
        DATA_END,
        TRAILER,
        LENGTH,
        ENDED
    }

    /// Hears body bytes as they come.
    @FunctionalInterface
    interface Body {
        void read(byte[] bytes, int offset, int length);
    }

    private final Body body;
    private final Map<String, String> headers = new HashMap<>();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private State state = State.HEAD;
    private int status;
    private long left;

    HttpReader(Body body) {
        this.body = body;
    }

    int status() {
        return status;
    }

    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    boolean ended() {
        return state == State.ENDED;
    }

    void read(byte[] bytes, int length) {
        int at = 0;
        while (at < length && state != State.ENDED) {
            if (state == State.DATA || state == State.LENGTH) {
                int part = (int) Math.min(left, length - at);
                body.read(bytes, at, part);
                at += part;
                left -= part;
                if (left == 0) {
                    state = state == State.DATA ? State.DATA_END : State.ENDED;
                }
            } else {
                byte next = bytes[at++];
                if (next == '\n') {
                    String text = line.toString(StandardCharsets.ISO_8859_1).strip();
                    line.reset();
                    line(text);
                } else {
                    line.write(next);
                }
            }
        }
    }

    private void line(String text) {
        switch (state) {
            case HEAD -> head(text);
            case SIZE -> {
                left = Long.parseLong(text, 16);
                state = left == 0 ? State.TRAILER : State.DATA;
            }
            case DATA_END -> state = State.SIZE;
            case TRAILER -> {
                if (text.isEmpty()) {
                    state = State.ENDED;
                }
            }
            case DATA, LENGTH, ENDED -> throw new IllegalStateException(state.name());
        }
    }

    private void head(String text) {
        if (status == 0) {
            status = Integer.parseInt(text.split(" ")[1]);
        } else if (!text.isEmpty()) {
            int colon = text.indexOf(':');
            headers.put(
                    text.substring(0, colon).toLowerCase(Locale.ROOT),
                    text.substring(colon + 1).strip());
        } else if (header("transfer-encoding").equals("chunked")) {
            state = State.SIZE;
        } else {
            left = Long.parseLong(headers.getOrDefault("content-length", "0"));
            state = left == 0 ? State.ENDED : State.LENGTH;
        }
    }
}
