package mooring.catalog.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mooring.catalog.Model;
import mooring.config.ConfigText;
import mooring.config.Settings;
import mooring.engine.wire.ReservedFields;
import mooring.limits.LimitTier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferenceExamplesTest {

    private static final Pattern EXAMPLE = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

    @TempDir Path folder;

    @Test
    void theExamplesOfModelsAndPricesCanBeUsedAsTheyStand() throws IOException {
        Path key = Files.writeString(folder.resolve("vllm.key"), "secret");
        List<String> examples = examples("catalog.md");
        assertThat(examples).hasSize(5);

        CatalogFile address = catalog(examples.get(0).replace("/etc/mooring/vllm.key", "" + key));
        PriceFile prices = PriceFile.read(text("prices.yaml", examples.get(1)));
        CatalogFile command = catalog(examples.get(2));
        CatalogFile tiers = catalog(examples.get(3) + examples.get(2));
        PriceFile layered = PriceFile.read(text("prices.yaml", examples.get(4)));

        assertThat(address.warnings()).isEmpty();
        assertThat(prices.gaps(address.catalog())).isEmpty();
        assertThat(prices.warnings(address.catalog())).isEmpty();
        assertThat(layered.gaps(address.catalog())).isEmpty();
        assertThat(layered.lists()).containsOnlyKeys("acme-partner");
        assertThat(tiers.limits().tiers())
                .extracting(LimitTier::name)
                .containsExactly("tier0", "tier1", "tier2");
        assertThat(command.catalog().models())
                .extracting(Model::contextLength)
                .containsExactly(16384);
    }

    @Test
    void theExampleOfSettingsCanBeUsedAsItStands() throws IOException {
        List<String> examples = examples("settings.md");
        assertThat(examples).hasSize(1);
        Files.writeString(folder.resolve("mooring.yaml"), examples.getFirst());
        assertThat(Settings.load(List.of(), Map.of(), folder).databasePoolSize()).isEqualTo(32);
    }

    private CatalogFile catalog(String text) {
        return CatalogFile.read(text("catalog.yaml", text), ReservedFields.names());
    }

    private ConfigText text(String name, String text) {
        return new ConfigText(name, text, folder);
    }

    private static List<String> examples(String page) throws IOException {
        Matcher example = EXAMPLE.matcher(Files.readString(Path.of("../docs/reference", page)));
        List<String> examples = new ArrayList<>();
        while (example.find()) {
            examples.add(example.group(1));
        }
        return examples;
    }
}
