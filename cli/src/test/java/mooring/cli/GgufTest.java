package mooring.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GgufTest {
    @TempDir Path folder = Path.of("");

    @Test
    void theHeadTellsTheWindowAndWhatAWindowTakes() throws IOException {
        Gguf gguf = read(GgufBytes.tiny(131_072, 10));

        assertThat(gguf.architecture()).isEqualTo("llama");
        assertThat(gguf.contextLength()).isEqualTo(131_072);
        // 8 layers, a key and a value of 64 numbers in each of 2 heads, 2 bytes each.
        assertThat(gguf.windowBytesPerToken()).isEqualTo(4_096);
        assertThat(gguf.companion()).isFalse();
    }

    @Test
    void memoryIsNotGuessedWhereLayersDiffer() throws IOException {
        GgufBytes hybrid =
                new GgufBytes()
                        .text("general.architecture", "jamba")
                        .whole("jamba.block_count", 8)
                        .whole("jamba.embedding_length", 256)
                        .whole("jamba.attention.head_count", 4)
                        .wholes("jamba.attention.head_count_kv", 0, 2, 0, 2);

        assertThat(read(hybrid.bytes()).windowBytesPerToken()).isNull();
        assertThat(read(hybrid.bytes()).contextLength()).isNull();

        GgufBytes sliding =
                new GgufBytes()
                        .text("general.architecture", "gemma3")
                        .whole("gemma3.block_count", 8)
                        .whole("gemma3.embedding_length", 256)
                        .whole("gemma3.attention.head_count", 4)
                        .whole("gemma3.attention.sliding_window", 512);
        assertThat(read(sliding.bytes()).windowBytesPerToken()).isNull();
    }

    @Test
    void theEyesOfAModelAreNoModel() throws IOException {
        assertThat(read(new GgufBytes().text("general.architecture", "clip").bytes()).companion())
                .isTrue();
    }

    @Test
    void aHeadCutAnywhereIsRefused() throws IOException {
        byte[] whole = GgufBytes.tiny(2_048, 0);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(cut)).as("%d bytes", length).isInstanceOf(Refusal.class);
        }
    }

    @Test
    void countsBeyondTheFileAreRefusedBeforeAnythingIsReadForThem() {
        refused(new GgufBytes().bytes(3, 1L << 40), "facts: 1099511627776");
        refused(new GgufBytes().bytes(3, -1), "facts: 18446744073709551615");
        refused(name(8).number(1L << 60, 8).bytes(), "1152921504606846976 values in 0 bytes");
        refused(name(8).number(-1, 8).bytes(), "18446744073709551615 values");
        refused(name(9).number(8, 4).number(1L << 62, 8).bytes(), "4611686018427387904 values");
        refused(name(9).number(12, 4).number(1L << 61, 8).bytes(), "2305843009213693952 values");
        refused(name(9).number(-1, 4).bytes(), "a value of type 4294967295");
        refused(name(13).bytes(), "a value of type 13");
        refused(new GgufBytes().number(1L << 40, 8).bytes(3, 1), "a name of 1099511627776 bytes");
    }

    @Test
    void listsInListsAreReadOnlySoDeep() {
        GgufBytes deep = name(9);
        for (int i = 0; i < 10_000; i++) {
            deep.number(9, 4).number(1, 8);
        }
        refused(deep.bytes(), "lists in lists, 5 deep");
    }

    @Test
    void otherFilesAreRefused() {
        refused("<html>Not found</html>".getBytes(StandardCharsets.UTF_8), "GGUF");
        refused(new GgufBytes().bytes(1, 0), "GGUF version 1 (expected: 2 or 3)");
        refused(new GgufBytes().bytes(0x0300_0000, 0), "GGUF version 50331648");
        refused(new GgufBytes().bytes(), "it names no architecture");
    }

    private static GgufBytes name(int type) {
        return new GgufBytes().name("x", type);
    }

    private void refused(byte[] bytes, String why) {
        assertThatThrownBy(() -> read(bytes)).isInstanceOf(Refusal.class).hasMessageContaining(why);
    }

    private Gguf read(byte[] bytes) throws IOException {
        return Gguf.read(Files.write(folder.resolve("model.gguf"), bytes));
    }
}
