package mooring.inference;

import org.jspecify.annotations.Nullable;

/// The kinds of pictures that models take, recognised by their first bytes and by nothing that
/// somebody says of them.
public enum ImageType {
    PNG("image/png"),
    JPEG("image/jpeg"),
    GIF("image/gif"),
    WEBP("image/webp");

    /// What a client may send, for an error.
    public static final String EXPECTED = "a PNG, JPEG, GIF or WebP image";

    /// So many bytes tell the kind.
    public static final int HEAD_BYTES = 12;

    private final String mediaType;

    ImageType(String mediaType) {
        this.mediaType = mediaType;
    }

    public String mediaType() {
        return mediaType;
    }

    /// The kind of a file that begins like this; null when it is none of these.
    public static @Nullable ImageType of(byte[] head) {
        if (begins(head, 0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n')) {
            return PNG;
        }
        if (begins(head, 0, 0xff, 0xd8, 0xff)) {
            return JPEG;
        }
        if (begins(head, 0, 'G', 'I', 'F', '8') && (at(head, 4) == '7' || at(head, 4) == '9')) {
            return GIF;
        }
        if (begins(head, 0, 'R', 'I', 'F', 'F') && begins(head, 8, 'W', 'E', 'B', 'P')) {
            return WEBP;
        }
        return null;
    }

    private static boolean begins(byte[] head, int from, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if (at(head, from + i) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    private static int at(byte[] head, int index) {
        return index < head.length ? head[index] & 0xff : -1;
    }
}
