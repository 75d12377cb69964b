package mooring.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/// Codes as people type them.
class VoucherCodeTest {

    private final SecureRandom random = new SecureRandom();

    @Test
    void aCodeIsReadHoweverItIsTyped() {
        for (int i = 0; i < 200; i++) {
            VoucherCode code = VoucherCode.generate(random);
            String text = code.reveal();
            assertThat(text).matches("MV(-[0-9A-HJKMNP-TV-Z]{5}){5}").startsWith(code.hint());
            for (String typed :
                    new String[] {
                        text,
                        "  " + text.toLowerCase(Locale.ROOT) + "\n",
                        text.replace("-", ""),
                        text.replace("-", " "),
                        text.replace('0', 'O').replace('1', 'l')
                    }) {
                assertThat(VoucherCode.parse(typed).hash()).isEqualTo(code.hash());
            }
        }
    }

    @Test
    void nearlyEveryTypingErrorIsNoticedBeforeAnybodyIsAsked() {
        int missed = 0;
        for (int i = 0; i < 2_000; i++) {
            char[] text = VoucherCode.generate(random).reveal().toCharArray();
            int at = text.length - 1 - random.nextInt(28);
            if (text[at] == '-') {
                continue;
            }
            text[at] = text[at] == '7' ? 'Q' : '7';
            try {
                VoucherCode.parse(new String(text));
                missed++;
            } catch (IllegalArgumentException _) {
                // As it should be.
            }
        }
        // One in 1,024 can be expected.
        assertThat(missed).isLessThan(20);
    }

    @Test
    void whatIsNoCodeIsRefusedWithoutRepeatingAllOfIt() {
        String code = VoucherCode.generate(random).reveal();
        for (String typed :
                new String[] {
                    "",
                    " ",
                    "MV",
                    "welcome",
                    code.substring(1),
                    code + "0",
                    "XX" + code.substring(2),
                    code.replace("MV-", "MV-Ü"),
                    code.repeat(40)
                }) {
            assertThatThrownBy(() -> VoucherCode.parse(typed))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("(expected: a code such as MV-XXXXX-")
                    .message()
                    .hasSizeLessThan(120)
                    .doesNotContain(code.substring(9));
        }
    }
}
