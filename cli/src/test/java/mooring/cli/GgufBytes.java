package mooring.cli;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// A GGUF file's head, written value by value.
final class GgufBytes {
    private final ByteArrayOutputStream facts = new ByteArrayOutputStream();
    private int count;

    /// A small model of 8 layers with 2 shared heads of 64, as large as `padding` makes it.
    static byte[] tiny(long contextLength, int padding) {
        byte[] head =
                new GgufBytes()
                        .text("general.architecture", "llama")
                        .texts("tokenizer.ggml.tokens", "a", "b", "ç")
                        .whole("llama.context_length", contextLength)
                        .whole("llama.block_count", 8)
                        .whole("llama.embedding_length", 256)
                        .whole("llama.attention.head_count", 4)
                        .whole("llama.attention.head_count_kv", 2)
                        .bytes();
        byte[] file = new byte[head.length + padding];
        System.arraycopy(head, 0, file, 0, head.length);
        for (int i = head.length; i < file.length; i++) {
            file[i] = (byte) (i * 31);
        }
        return file;
    }

    GgufBytes text(String name, String value) {
        name(name, 8);
        string(value);
        return this;
    }

    GgufBytes whole(String name, long value) {
        name(name, 4);
        number(value, 4);
        return this;
    }

    GgufBytes texts(String name, String... values) {
        name(name, 9);
        number(8, 4);
        number(values.length, 8);
        for (String value : values) {
            string(value);
        }
        return this;
    }

    GgufBytes wholes(String name, int... values) {
        name(name, 9);
        number(5, 4);
        number(values.length, 8);
        for (int value : values) {
            number(value, 4);
        }
        return this;
    }

    /// A fact's name and type, with whatever is meant to follow.
    GgufBytes name(String name, int type) {
        count++;
        string(name);
        number(type, 4);
        return this;
    }

    GgufBytes number(long value, int width) {
        byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
        facts.write(bytes, 0, width);
        return this;
    }

    byte[] bytes() {
        return bytes(3, count);
    }

    byte[] bytes(int version, long factCount) {
        ByteBuffer head = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        head.put(Gguf.MAGIC).putInt(version).putLong(0).putLong(factCount);
        byte[] rest = facts.toByteArray();
        return ByteBuffer.allocate(24 + rest.length).put(head.array()).put(rest).array();
    }

    private void string(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        number(bytes.length, 8);
        facts.writeBytes(bytes);
    }
}
