package mooring.json;

/// UTF-8 as RFC 3629 has it: nothing longer than need be, no surrogates, nothing beyond Unicode.
public final class Utf8 {

    private Utf8() {}

    /// Where the first byte stands that is none; -1 when all is right.
    public static int firstWrong(byte[] bytes) {
        int at = TextBytes.beyondAscii(bytes, 0, bytes.length);
        while (at < bytes.length) {
            int length = length(bytes, at);
            if (length < 0) {
                return at;
            }
            // What follows is mostly of the same script.
            at += length;
            if (at < bytes.length && bytes[at] >= 0) {
                at = TextBytes.beyondAscii(bytes, at, bytes.length);
            }
        }
        return -1;
    }

    /// How many bytes the character takes that begins here and is no ASCII; -1 when it is wrong.
    static int length(byte[] bytes, int at) {
        int lead = bytes[at] & 0xFF;
        int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead < 0xC2 || lead > 0xF4 || at + length > bytes.length || !second(bytes, at, lead)) {
            return -1;
        }
        for (int i = 2; i < length; i++) {
            if (!continues(bytes[at + i])) {
                return -1;
            }
        }
        return length;
    }

    /// Where what is longer than need be, a surrogate or beyond Unicode shows.
    private static boolean second(byte[] bytes, int at, int lead) {
        int second = bytes[at + 1] & 0xFF;
        return continues(bytes[at + 1])
                && switch (lead) {
                    case 0xE0 -> second >= 0xA0;
                    case 0xED -> second < 0xA0;
                    case 0xF0 -> second >= 0x90;
                    case 0xF4 -> second < 0x90;
                    default -> true;
                };
    }

    private static boolean continues(byte each) {
        return (each & 0xC0) == 0x80;
    }
}
