package mooring.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Refuses texts with half a surrogate pair: JSON can write them, UTF-8 and engines cannot.
public final class WholeTexts {

    private WholeTexts() {}

    /// Whether there may be a surrogate at all: as an escape, or as the bytes that UTF-8 forbids.
    static boolean doubtful(byte[] json) {
        Scan scan = new Scan(InputStream.nullInputStream());
        scan.see(json, 0, json.length);
        return scan.doubtful();
    }

    /// Sees every byte of a JSON text that is read through it.
    static final class Scan extends FilterInputStream {

        private int before;
        private int beforeThat;
        private boolean doubtful;

        Scan(InputStream json) {
            super(json);
        }

        boolean doubtful() {
            return doubtful;
        }

        @Override
        public int read() throws IOException {
            int next = super.read();
            if (next >= 0) {
                see(next);
            }
            return next;
        }

        @Override
        public int read(byte[] into, int from, int most) throws IOException {
            int count = super.read(into, from, most);
            see(into, from, from + count);
            return count;
        }

        private void see(byte[] json, int from, int to) {
            for (int i = from; i < to; i++) {
                see(json[i] & 0xFF);
            }
        }

        private void see(int next) {
            boolean escape = beforeThat == '\\' && before == 'u' && (next == 'd' || next == 'D');
            if (escape || (before == 0xED && next >= 0xA0)) {
                doubtful = true;
            }
            beforeThat = before;
            before = next;
        }
    }

    /// @throws ProblemException when a text or a field's name is cut inside a character
    public static void require(JsonNode root) {
        Deque<JsonNode> left = new ArrayDeque<>();
        left.push(root);
        while (!left.isEmpty()) {
            JsonNode node = left.pop();
            if (node.isTextual()) {
                require(node.textValue());
            }
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                require(field.getKey());
                left.push(field.getValue());
            }
            if (node.isArray()) {
                node.forEach(left::push);
            }
        }
    }

    private static void require(String text) {
        int point;
        for (int i = 0; i < text.length(); i += Character.charCount(point)) {
            point = text.codePointAt(i);
            if (Character.getType(point) == Character.SURROGATE) {
                throw new ProblemException(
                        new Problem.InvalidRequest(
                                null,
                                "body: a text with "
                                        + "\\u%04x alone".formatted(point)
                                        + " (expected: surrogates in pairs)"));
            }
        }
    }
}
