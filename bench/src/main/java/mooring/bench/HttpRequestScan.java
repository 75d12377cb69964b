package mooring.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/// Where a request ends and which few words it has: all that a ready-made answer depends on.
final class HttpRequestScan {

    private static final int MAX_KEPT = 8 * 1024;

    boolean streamed;
    boolean paced;
    boolean counted;

    private final byte[] kept = new byte[MAX_KEPT];
    private int length;
    private int headEnd = -1;
    private long bodyLeft;

    /// Takes what belongs to the request under way.
    ///
    /// @return whether that was its end
    boolean take(ByteBuffer bytes) {
        if (headEnd < 0) {
            while (bytes.hasRemaining() && headEnd < 0) {
                kept[length++] = bytes.get();
                if (length >= 4
                        && kept[length - 1] == '\n'
                        && kept[length - 2] == '\r'
                        && kept[length - 3] == '\n') {
                    headEnd = length;
                    bodyLeft =
                            contentLength(new String(kept, 0, length, StandardCharsets.US_ASCII));
                }
                if (length == MAX_KEPT) {
                    throw new IllegalStateException("a head above " + MAX_KEPT + " bytes");
                }
            }
        }
        int count = (int) Math.min(bodyLeft, bytes.remaining());
        // The first and the last bytes of a long body: what decides stands in either.
        int room = Math.min(count, MAX_KEPT - length);
        bytes.get(kept, length, room);
        length += room;
        for (int left = count - room; left > 0; ) {
            int part = Math.min(left, MAX_KEPT / 4);
            System.arraycopy(kept, MAX_KEPT - MAX_KEPT / 4, kept, MAX_KEPT / 2, MAX_KEPT / 4);
            bytes.get(kept, MAX_KEPT - MAX_KEPT / 4, part);
            left -= part;
        }
        bodyLeft -= count;
        if (headEnd < 0 || bodyLeft > 0) {
            return false;
        }
        streamed = has("\"stream\":true");
        paced = has("paced");
        counted = has("\"continuous_usage_stats\":true");
        length = 0;
        headEnd = -1;
        return true;
    }

    private boolean has(String word) {
        return indexOf(kept, headEnd, length, word.getBytes(StandardCharsets.US_ASCII)) >= 0;
    }

    static int indexOf(byte[] in, int from, int to, byte[] word) {
        for (int i = from; i <= to - word.length; i++) {
            if (in[i] == word[0] && Arrays.equals(in, i, i + word.length, word, 0, word.length)) {
                return i;
            }
        }
        return -1;
    }

    private static long contentLength(String head) {
        for (String line : head.split("\r\n")) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                return Long.parseLong(line.substring("content-length:".length()).strip());
            }
        }
        return 0;
    }
}
