package mooring.api;

/// Adds up the UTF-8 bytes of everything that becomes prompt.
public final class Sizes {

    private long bytes;

    public long bytes() {
        return bytes;
    }

    public String add(String text) {
        bytes += utf8Length(text);
        return text;
    }

    private static long utf8Length(String text) {
        long length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                length++;
            } else if (c < 0x800 || Character.isSurrogate(c)) {
                // A surrogate is half of a code point of four bytes.
                length += 2;
            } else {
                length += 3;
            }
        }
        return length;
    }
}
