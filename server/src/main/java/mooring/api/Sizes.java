package mooring.api;

import java.nio.charset.StandardCharsets;
import mooring.catalog.Capability;
import mooring.catalog.Model;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Adds up everything that becomes prompt: UTF-8 bytes of texts, and pictures.
public final class Sizes {

    /// More make no sense in one prompt, and would make one request a bundle of downloads.
    public static final int MAX_IMAGES = 64;

    private static final int ENCODED_CHARS = 4 * 1024;

    private final boolean takesImages;
    private long bytes;
    private int images;

    /// Of a prompt that is text alone.
    public Sizes() {
        this.takesImages = false;
    }

    public Sizes(Model model) {
        this.takesImages = model.can(Capability.IMAGES);
    }

    /// Whether the model takes pictures.
    public boolean takesImages() {
        return takesImages;
    }

    void image() {
        images++;
        if (images > MAX_IMAGES) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "messages", images + " images", "at most " + MAX_IMAGES + " images"));
        }
    }

    public long bytes() {
        return bytes;
    }

    public String add(String text) {
        bytes += utf8Length(text);
        return text;
    }

    private static long utf8Length(String text) {
        if (text.length() >= ENCODED_CHARS) {
            // The platform encodes whole runs at once; counting character by character takes
            // longer.
            return text.getBytes(StandardCharsets.UTF_8).length;
        }
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
