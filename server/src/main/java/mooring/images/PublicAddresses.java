package mooring.images;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;

/// Which addresses are everybody's: what remains when the special-purpose registries of IANA (RFC
/// 6890 and its successors) are left out, and the IPv6 forms that carry an IPv4 address are judged
/// by the one that they carry.
final class PublicAddresses {

    /// Every IPv4 range that is not for the public internet.
    private static final int[][] SPECIAL_V4 = {
        {0, 8}, // this network
        {v4(10, 0, 0, 0), 8}, // private
        {v4(100, 64, 0, 0), 10}, // shared by carriers
        {v4(127, 0, 0, 0), 8}, // loopback
        {v4(169, 254, 0, 0), 16}, // link-local, where clouds keep their metadata
        {v4(172, 16, 0, 0), 12}, // private
        {v4(192, 0, 0, 0), 24}, // protocol assignments
        {v4(192, 0, 2, 0), 24}, // documentation
        {v4(192, 88, 99, 0), 24}, // 6to4 relays of old
        {v4(192, 168, 0, 0), 16}, // private
        {v4(198, 18, 0, 0), 15}, // benchmarks
        {v4(198, 51, 100, 0), 24}, // documentation
        {v4(203, 0, 113, 0), 24}, // documentation
        {v4(224, 0, 0, 0), 4}, // multicast
        {v4(240, 0, 0, 0), 4}, // reserved, broadcast
    };

    private PublicAddresses() {}

    static boolean contains(InetAddress address) {
        return switch (address) {
            case Inet4Address v4 -> publicV4(v4.getAddress(), 0);
            case Inet6Address v6 -> publicV6(v6.getAddress());
            default -> false;
        };
    }

    private static boolean publicV6(byte[] bytes) {
        if (zero(bytes, 0, 10) && (bytes[10] & 0xff) == 0xff && (bytes[11] & 0xff) == 0xff) {
            return publicV4(bytes, 12); // IPv4-mapped
        }
        int first = ((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff);
        int second = ((bytes[2] & 0xff) << 8) | (bytes[3] & 0xff);
        if (first == 0x0064 && second == 0xff9b) {
            // NAT64: the well-known prefix carries an IPv4 address, any other is a site's own.
            return zero(bytes, 4, 12) && publicV4(bytes, 12);
        }
        if (first == 0x2002) {
            return publicV4(bytes, 2); // 6to4
        }
        if (first == 0x2001 && (second < 0x0200 || second == 0x0db8)) {
            return false; // Teredo and other protocol assignments; documentation
        }
        if (first == 0x3fff) {
            return false; // documentation
        }
        // All that is assigned to the internet so far is 2000::/3.
        return (bytes[0] & 0xe0) == 0x20;
    }

    private static boolean publicV4(byte[] bytes, int from) {
        int address =
                v4(
                        bytes[from] & 0xff,
                        bytes[from + 1] & 0xff,
                        bytes[from + 2] & 0xff,
                        bytes[from + 3] & 0xff);
        for (int[] range : SPECIAL_V4) {
            if ((address ^ range[0]) >>> (Integer.SIZE - range[1]) == 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean zero(byte[] bytes, int from, int until) {
        return Arrays.equals(bytes, from, until, new byte[until - from], 0, until - from);
    }

    private static int v4(int a, int b, int c, int d) {
        return (a << 24) | (b << 16) | (c << 8) | d;
    }
}
