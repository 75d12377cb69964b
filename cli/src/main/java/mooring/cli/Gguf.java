package mooring.cli;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the head of a GGUF file says about the model in it. Nothing in the file is believed before
/// it was held against what is left of the file.
final class Gguf {
    static final byte[] MAGIC = {'G', 'G', 'U', 'F'};

    private static final int MAX_FACTS = 65_536;
    private static final int MAX_NAME_BYTES = 65_535;
    private static final int MAX_KEPT_BYTES = 256;
    private static final int MAX_NESTING = 4;

    /// Bytes of one value by its type's number; 0 where the length is in the file.
    private static final int[] WIDTHS = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final Set<Integer> UNSIGNED = Set.of(0, 2, 4, 10);
    private static final Set<Integer> SIGNED = Set.of(1, 3, 5, 11);

    private final Set<String> names = new HashSet<>();
    private final Map<String, Long> numbers = new HashMap<>();
    private final Map<String, String> texts = new HashMap<>();

    private Gguf() {}

    /// @throws Refusal when the file is not one that llama.cpp could read
    static Gguf read(Path file) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return new Reader(in, Files.size(file)).read();
        } catch (EOFException e) {
            throw new Refusal("it ends in the middle of its head.", e);
        } catch (IOException e) {
            throw new Refusal("it cannot be read (" + e.getMessage() + ").", e);
        }
    }

    String architecture() {
        return texts.getOrDefault("general.architecture", "");
    }

    /// Whether it holds something beside a model, such as the eyes of one.
    boolean companion() {
        String type = texts.getOrDefault("general.type", "model");
        return !type.equals("model") || architecture().equals("clip");
    }

    /// The longest window that the model was made for; null when the file does not say.
    @Nullable Long contextLength() {
        return positive("context_length");
    }

    /// Memory for each token of a running request's window, in bytes; null when it cannot be told
    /// for this architecture.
    ///
    /// Sixteen bits for each key and value in each layer, which holds where all layers attend alike
    /// to the whole window.
    @Nullable Long windowBytesPerToken() {
        for (String other :
                new String[] {
                    "attention.sliding_window",
                    "attention.kv_lora_rank",
                    "ssm.conv_kernel",
                    "full_attention_interval",
                    "attention.recurrent_layers"
                }) {
            if (names.contains(architecture() + "." + other)) {
                return null;
            }
        }
        Long layers = positive("block_count");
        Long heads = positive("attention.head_count");
        // A list here says that the layers differ.
        boolean listed =
                names.contains(architecture() + ".attention.head_count_kv")
                        && positive("attention.head_count_kv") == null;
        Long sharedHeads = positive("attention.head_count_kv");
        Long width = positive("embedding_length");
        if (layers == null || heads == null || width == null || listed) {
            return null;
        }
        Long key = positive("attention.key_length");
        Long value = positive("attention.value_length");
        long keyAndValue =
                (key == null ? width / heads : key) + (value == null ? width / heads : value);
        long each = 2 * layers * (sharedHeads == null ? heads : sharedHeads) * keyAndValue;
        return each > 0 && each < 1L << 30 ? each : null;
    }

    private @Nullable Long positive(String name) {
        Long number = numbers.get(architecture() + "." + name);
        return number == null || number < 1 || number > 1L << 30 ? null : number;
    }

    /// One reading of one head, from its first byte.
    private static final class Reader {
        private final InputStream in;
        private final Gguf gguf = new Gguf();
        private long left;

        Reader(InputStream in, long bytes) {
            this.in = in;
            this.left = bytes;
        }

        Gguf read() throws IOException {
            byte[] magic = bytes(MAGIC.length);
            if (!Arrays.equals(magic, MAGIC)) {
                throw new Refusal("it does not begin with GGUF.");
            }
            long version = number(4, false);
            if (version < 2 || version > 3) {
                throw new Refusal("GGUF version " + version + " (expected: 2 or 3).");
            }
            number(8, false);
            long facts = number(8, false);
            if (facts < 0 || facts > MAX_FACTS) {
                throw broken("facts: " + Long.toUnsignedString(facts));
            }
            for (long i = 0; i < facts; i++) {
                fact();
            }
            if (gguf.architecture().isEmpty()) {
                throw new Refusal("it names no architecture.");
            }
            return gguf;
        }

        private void fact() throws IOException {
            long length = number(8, false);
            if (length < 1 || length > MAX_NAME_BYTES) {
                throw broken("a name of " + Long.toUnsignedString(length) + " bytes");
            }
            String name = new String(bytes((int) length), StandardCharsets.UTF_8);
            gguf.names.add(name);
            int type = type();
            if (type == STRING) {
                text(name);
            } else if (type == ARRAY) {
                skipArray(1);
            } else if (UNSIGNED.contains(type) || SIGNED.contains(type)) {
                gguf.numbers.put(name, number(WIDTHS[type], SIGNED.contains(type)));
            } else {
                skip(WIDTHS[type]);
            }
        }

        private void text(String name) throws IOException {
            long length = length(1);
            if (length > MAX_KEPT_BYTES) {
                skip(length);
            } else {
                gguf.texts.put(name, new String(bytes((int) length), StandardCharsets.UTF_8));
            }
        }

        private void skipArray(int nesting) throws IOException {
            if (nesting > MAX_NESTING) {
                throw broken("lists in lists, " + nesting + " deep");
            }
            int type = type();
            // The least that an element takes bounds how many there can be.
            long count = length(type == STRING ? 8 : type == ARRAY ? 12 : WIDTHS[type]);
            if (type != STRING && type != ARRAY) {
                skip(count * WIDTHS[type]);
                return;
            }
            for (long i = 0; i < count; i++) {
                if (type == STRING) {
                    skip(length(1));
                } else {
                    skipArray(nesting + 1);
                }
            }
        }

        /// A count of things that take at least `width` bytes each.
        private long length(int width) throws IOException {
            long length = number(8, false);
            if (length < 0 || length > left / width) {
                throw broken(Long.toUnsignedString(length) + " values in " + left + " bytes");
            }
            return length;
        }

        private int type() throws IOException {
            long type = number(4, false);
            if (type >= WIDTHS.length) {
                throw broken("a value of type " + type);
            }
            return (int) type;
        }

        private long number(int width, boolean signed) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes(width)).order(ByteOrder.LITTLE_ENDIAN);
            return switch (width) {
                case 1 -> signed ? buffer.get() : buffer.get() & 0xFF;
                case 2 -> signed ? buffer.getShort() : buffer.getShort() & 0xFFFF;
                case 4 -> signed ? buffer.getInt() : buffer.getInt() & 0xFFFF_FFFFL;
                default -> buffer.getLong();
            };
        }

        private byte[] bytes(int count) throws IOException {
            if (count > left) {
                throw new EOFException();
            }
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw new EOFException();
            }
            left -= count;
            return bytes;
        }

        private void skip(long count) throws IOException {
            if (count > left) {
                throw new EOFException();
            }
            in.skipNBytes(count);
            left -= count;
        }

        private static Refusal broken(String what) {
            return new Refusal("its head is broken (" + what + ").");
        }
    }
}
