package mooring.crypto;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

/// What is sealed opens with its key, at its place, unchanged, and in no other case.
class MasterKeyTest {

    private static final MasterKey KEY = MasterKey.parse("0123456789abcdef".repeat(4));
    private static final MasterKey OTHER = MasterKey.parse("0123456789abcdee".repeat(4));
    private static final byte[] SECRET = "hemmelig \u6f22\u5b57".getBytes(UTF_8);

    @Test
    void whatIsSealedOpensAtItsPlace() {
        byte[] envelope = KEY.seal("webhook/1", SECRET);
        assertThat(KEY.open("webhook/1", envelope)).isEqualTo(SECRET);
        assertThat(KEY.open("empty", KEY.seal("empty", new byte[0]))).isEmpty();
        assertThat(MasterKey.sealedBy(envelope)).isEqualTo(KEY.id());
        assertThat(new String(envelope, java.nio.charset.StandardCharsets.ISO_8859_1))
                .doesNotContain("hemmelig");
    }

    @Test
    void theSameSecretIsNeverSealedTwiceToTheSameBytes() {
        assertThat(KEY.seal("webhook/1", SECRET)).isNotEqualTo(KEY.seal("webhook/1", SECRET));
    }

    @Test
    void aRowThatWasMovedToAnotherPlaceDoesNotOpen() {
        assertThatThrownBy(() -> KEY.open("webhook/2", KEY.seal("webhook/1", SECRET)))
                .isInstanceOf(UnsealException.class)
                .hasMessage("webhook/2: changed since it was sealed, or sealed for another place");
    }

    @Test
    void anotherKeyIsNamedAndDoesNotOpenIt() {
        assertThatThrownBy(() -> OTHER.open("webhook/1", KEY.seal("webhook/1", SECRET)))
                .isInstanceOf(UnsealException.class)
                .hasMessageContaining("sealed with the key " + KEY.id())
                .hasMessageContaining("expected: " + OTHER.id());
    }

    @Test
    void everyChangedBitIsFoundOut() {
        byte[] envelope = KEY.seal("webhook/1", SECRET);
        for (int bit = 0; bit < 8 * envelope.length; bit++) {
            byte[] changed = envelope.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> KEY.open("webhook/1", changed))
                    .as("bit %d", bit)
                    .isInstanceOf(UnsealException.class);
        }
        for (int length = 0; length < envelope.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(envelope, length);
            assertThatThrownBy(() -> KEY.open("webhook/1", cut))
                    .isInstanceOf(UnsealException.class);
        }
    }

    @Test
    void keysOfDifferentPurposesHaveNothingInCommon() {
        assertThat(KEY.derive("a")).hasSize(32).isNotEqualTo(KEY.derive("b"));
        assertThat(KEY.derive("a")).isEqualTo(KEY.derive("a")).isNotEqualTo(OTHER.derive("a"));
    }

    @Test
    void aKeyFileThatIsNoKeyIsRefusedWithoutShowingIt() {
        String almost = "0123456789abcdef".repeat(4) + "0";
        assertThatThrownBy(() -> MasterKey.parse(almost))
                .hasMessage("not a key (expected: 64 hexadecimal digits)")
                .hasNoCause();
        assertThatThrownBy(() -> MasterKey.parse("geheim"))
                .hasMessage("not a key (expected: 64 hexadecimal digits)");
        assertThat(KEY.toString()).isEqualTo("MasterKey[" + KEY.id() + "]").doesNotContain("0123");
    }

    @Test
    void aSecretOfUnreasonableSizeIsRefused() {
        byte[] large = new byte[61 * 1024];
        new Random(1).nextBytes(large);
        assertThatThrownBy(() -> KEY.seal("x", large)).hasMessageContaining("expected: at most");
    }
}
