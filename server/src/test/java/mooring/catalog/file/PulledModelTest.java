package mooring.catalog.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import mooring.catalog.ClassRates;
import mooring.catalog.EngineKind;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.ReplicaSpec;
import mooring.config.ConfigText;
import mooring.engine.wire.ReservedFields;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import org.junit.jupiter.api.Test;

/// What `mooring model pull` writes; its own tests hold it to these very files.
class PulledModelTest {

    private static final Path FOLDER = Path.of("src/test/resources/mooring/catalog/file");
    private static final ModelId PULLED = new ModelId("tiny-q4");

    @Test
    void aPulledModelIsOfferedBesideTheBundledOneAtItsPrice() throws IOException {
        CatalogFile file = CatalogFile.read(text("pulled-catalog.yaml"), ReservedFields.names());
        PriceFile prices = PriceFile.read(text("pulled-prices.yaml"));

        assertThat(file.warnings()).isEmpty();
        assertThat(prices.warnings(file.catalog())).isEmpty();
        assertThat(prices.gaps(file.catalog())).isEmpty();
        assertThat(file.catalog().models())
                .extracting(Model::id)
                .containsExactly(new ModelId("smollm2-135m-instruct"), PULLED);
        Model model = Objects.requireNonNull(file.catalog().find(PULLED));
        assertThat(model.contextLength()).isEqualTo(32_768);
        ReplicaSpec replica = model.replicas().getFirst();
        assertThat(replica.engine()).isEqualTo(EngineKind.LLAMACPP);
        assertThat(replica.slots()).isEqualTo(2);
        assertThat(replica)
                .isInstanceOfSatisfying(
                        ReplicaSpec.Command.class,
                        command ->
                                assertThat(value(command.command(), "--model"))
                                        .isEqualTo(
                                                "/srv/mooring/models/acme/tiny-GGUF/Tiny-Q4.gguf"));
        ModelPrice price = Objects.requireNonNull(prices.prices().get(PULLED));
        ClassRates rates = price.rates(0, ServiceTier.STANDARD);
        assertThat(rates.input().text()).isEqualTo("0.3");
        assertThat(rates.cacheRead().free()).isTrue();
        assertThat(rates.output().text()).isEqualTo("1.2");
    }

    private static ConfigText text(String name) throws IOException {
        return new ConfigText(name, Files.readString(FOLDER.resolve(name)), null);
    }

    private static String value(List<String> command, String argument) {
        return command.get(command.indexOf(argument) + 1);
    }
}
