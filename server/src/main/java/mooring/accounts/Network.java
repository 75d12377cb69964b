package mooring.accounts;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A range of addresses, IPv4 or IPv6: all that share their first bits.
public final class Network {

    public static final String FORM =
            "an address or a range in CIDR form, as in 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32";

    /// Digits and colons alone: a name would be looked up.
    private static final Pattern V4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:]{2,39}(:[0-9.]{7,15})?");
    private static final Pattern BITS = Pattern.compile("[0-9]{1,3}");

    private final byte[] address;
    private final int bits;

    private Network(byte[] address, int bits) {
        this.address = address;
        this.bits = bits;
    }

    /// Null when the text is none; bits behind the range's first ones must be zero.
    public static @Nullable Network parse(String text) {
        int slash = text.indexOf('/');
        byte[] address = bytes(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            return null;
        }
        int bits = address.length * Byte.SIZE;
        if (slash >= 0) {
            String length = text.substring(slash + 1);
            if (!BITS.matcher(length).matches() || Integer.parseInt(length) > bits) {
                return null;
            }
            bits = Integer.parseInt(length);
        }
        Network network = new Network(address, bits);
        byte[] masked = address.clone();
        for (int bit = bits; bit < masked.length * Byte.SIZE; bit++) {
            masked[bit / Byte.SIZE] &= (byte) ~(0x80 >> bit % Byte.SIZE);
        }
        return Arrays.equals(masked, address) ? network : null;
    }

    /// Whether an address lies in it; a text that is no address lies nowhere.
    public boolean contains(String text) {
        byte[] other = bytes(text);
        if (other == null || other.length != address.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> bit % Byte.SIZE;
            if (((address[bit / Byte.SIZE] ^ other[bit / Byte.SIZE]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }

    /// The bytes of a literal address, of one of IPv4 within IPv6 the inner one; null for any other
    /// text. Nothing is looked up.
    private static byte @Nullable [] bytes(String text) {
        String bare = text.startsWith("[") && text.endsWith("]") ? inner(text) : text;
        int zone = bare.indexOf('%');
        bare = zone < 0 ? bare : bare.substring(0, zone);
        if (!V4.matcher(bare).matches()
                && !(bare.indexOf(':') >= 0 && V6.matcher(bare).matches())) {
            return null;
        }
        try {
            // Java itself makes IPv4 of a mapped address.
            return InetAddress.ofLiteral(bare).getAddress();
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    private static String inner(String text) {
        return text.substring(1, text.length() - 1);
    }

    @Override
    public String toString() {
        try {
            return InetAddress.getByAddress(address).getHostAddress() + "/" + bits;
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
