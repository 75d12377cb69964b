package mooring.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// One answer as its bytes come in, and where it ends.
final class AnswerScan {

    private static final byte[] LAST_CHUNK = bytes("\r\n0\r\n\r\n");
    private static final byte[] HEAD_END = bytes("\r\n\r\n");
    private static final byte[] LENGTH = bytes("content-length: ");
    private static final byte[] EVENT = bytes("data: {");

    private byte[] kept = new byte[2048];
    private int length;
    private int headEnd;
    private int bodyBytes;

    void begin() {
        length = 0;
        headEnd = 0;
        bodyBytes = -1;
    }

    void take(ByteBuffer bytes) {
        int count = bytes.remaining();
        if (kept.length < length + count) {
            kept = Arrays.copyOf(kept, Math.max(length + count, 2 * kept.length));
        }
        bytes.get(kept, length, count);
        length += count;
        if (headEnd == 0) {
            int end = HttpRequestScan.indexOf(kept, 0, length, HEAD_END);
            if (end > 0) {
                headEnd = end + HEAD_END.length;
                bodyBytes = contentLength();
            }
        }
    }

    private int contentLength() {
        for (int i = 0; i < headEnd - LENGTH.length; i++) {
            int j = 0;
            while (j < LENGTH.length && (kept[i + j] | 0x20) == (LENGTH[j] | 0x20)) {
                j++;
            }
            if (j == LENGTH.length) {
                int value = 0;
                for (int at = i + j; kept[at] >= '0' && kept[at] <= '9'; at++) {
                    value = value * 10 + kept[at] - '0';
                }
                return value;
            }
        }
        return -1;
    }

    boolean bodyBegun() {
        return headEnd > 0 && length > headEnd;
    }

    boolean ended() {
        if (headEnd == 0) {
            return false;
        }
        if (bodyBytes >= 0) {
            return length >= headEnd + bodyBytes;
        }
        int from = length - LAST_CHUNK.length;
        return from >= headEnd - 2
                && Arrays.equals(kept, from, length, LAST_CHUNK, 0, LAST_CHUNK.length);
    }

    int status() {
        return length < 12 ? 0 : (kept[9] - '0') * 100 + (kept[10] - '0') * 10 + kept[11] - '0';
    }

    int count(byte[] word) {
        int count = 0;
        int at = headEnd;
        while ((at = HttpRequestScan.indexOf(kept, at, length, word)) >= 0) {
            count++;
            at += word.length;
        }
        return count;
    }

    int events() {
        return bodyBytes >= 0 ? 0 : count(EVENT);
    }

    String text() {
        return new String(kept, 0, length, StandardCharsets.UTF_8);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
