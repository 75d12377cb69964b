package mooring.crypto;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// The one key of an instance from which all others are derived, and what it seals and opens.
///
/// A sealed secret is an envelope: one byte for its form, eight that name the key, twelve of a
/// nonce, then AES-256-GCM's ciphertext with its tag of sixteen. The place where it is kept goes
/// into the tag, so that a row moved to another place does not open there. For every thread.
public final class MasterKey {

    private static final int KEY_BYTES = 32;
    private static final int ID_BYTES = 8;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BYTES = 16;
    private static final int HEAD_BYTES = 1 + ID_BYTES;

    /// No secret of ours is longer; what is sealed stays in memory whole.
    private static final int MAX_SECRET_BYTES = 60 * 1024;

    /// The longest that is sealed at all.
    private static final int MAX_LONG_BYTES = 4 * 1024 * 1024;

    private static final byte FORM = 1;

    private final byte[] master;
    private final byte[] id;
    private final SecretKeySpec sealing;
    private final SecureRandom random = new SecureRandom();

    private MasterKey(byte[] master) {
        this.master = master;
        this.id = Arrays.copyOf(derive("the name of this key"), ID_BYTES);
        this.sealing = new SecretKeySpec(derive("stored secrets"), "AES");
    }

    /// @param text 64 hexadecimal digits
    /// @throws IllegalArgumentException when it is anything else; the message does not show it
    public static MasterKey parse(String text) {
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(text);
        } catch (IllegalArgumentException e) {
            // Its message quotes the text.
            bytes = new byte[0];
        }
        if (bytes.length != KEY_BYTES) {
            throw new IllegalArgumentException(
                    "not a key (expected: " + 2 * KEY_BYTES + " hexadecimal digits)");
        }
        return new MasterKey(bytes);
    }

    /// Tells this key from others and nothing about it.
    public String id() {
        return HexFormat.of().formatHex(id);
    }

    /// The name of the key that sealed an envelope.
    ///
    /// @throws UnsealException when it is no envelope of a known form
    public static String sealedBy(byte[] envelope) {
        if (envelope.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES || envelope[0] != FORM) {
            throw new UnsealException("not an envelope of form " + FORM);
        }
        return HexFormat.of().formatHex(envelope, 1, HEAD_BYTES);
    }

    /// A key for one purpose, from which neither this one nor another purpose's can be found.
    public byte[] derive(String purpose) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(master)
                                    .thenExpand(
                                            ("mooring: " + purpose)
                                                    .getBytes(StandardCharsets.UTF_8),
                                            KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// @param place where the envelope is kept; it opens nowhere else
    public byte[] seal(String place, byte[] secret) {
        return seal(place, secret, MAX_SECRET_BYTES);
    }

    /// The same for something that is longer than a secret.
    public byte[] sealLong(String place, byte[] bytes) {
        return seal(place, bytes, MAX_LONG_BYTES);
    }

    private byte[] seal(String place, byte[] secret, int atMost) {
        if (secret.length > atMost) {
            throw new IllegalArgumentException(
                    place + ": " + secret.length + " bytes (expected: at most " + atMost + ")");
        }
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] head = ByteBuffer.allocate(HEAD_BYTES).put(FORM).put(id).array();
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, head, place).doFinal(secret);
            return ByteBuffer.allocate(HEAD_BYTES + NONCE_BYTES + sealed.length)
                    .put(head)
                    .put(nonce)
                    .put(sealed)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// @throws UnsealException when another key sealed it, or it was changed, or was sealed for
    ///   another place
    public byte[] open(String place, byte[] envelope) {
        String by = sealedBy(envelope);
        if (!by.equals(id())) {
            throw new UnsealException(
                    place + ": sealed with the key " + by + " (expected: " + id() + ")");
        }
        byte[] nonce = Arrays.copyOfRange(envelope, HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
        try {
            return cipher(Cipher.DECRYPT_MODE, nonce, Arrays.copyOf(envelope, HEAD_BYTES), place)
                    .doFinal(
                            envelope,
                            HEAD_BYTES + NONCE_BYTES,
                            envelope.length - HEAD_BYTES - NONCE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new UnsealException(
                    place + ": changed since it was sealed, or sealed for another place");
        }
    }

    @Override
    public String toString() {
        return "MasterKey[" + id() + "]";
    }

    private Cipher cipher(int mode, byte[] nonce, byte[] head, String place)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, sealing, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        cipher.updateAAD(head);
        cipher.updateAAD(place.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
