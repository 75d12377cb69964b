package mooring.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BannerTest {

    @Test
    void theBundledModelComesWithTheLineThatGetsABetterOne() {
        assertThat(banner(true))
                .contains("for trying the plumbing, not for answers")
                .contains("./mooring restart")
                .endsWith(
                        "\n  ./mooring model pull Qwen/Qwen2.5-1.5B-Instruct-GGUF"
                                + " qwen2.5-1.5b-instruct-q4_k_m.gguf\n");
    }

    @Test
    void whoHasACatalogueIsNotToldToPullAModel() {
        assertThat(banner(false)).contains("Mooring is ready.").doesNotContain("model pull");
    }

    private static String banner(boolean bundledModel) {
        return Banner.text(
                new Banner.About(
                        "http://127.0.0.1:1",
                        "http://127.0.0.1:2",
                        Path.of("/srv/mooring"),
                        "a-model",
                        "sk-mooring-x",
                        bundledModel,
                        false));
    }
}
