package mooring.catalog.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import mooring.catalog.EngineKind;
import mooring.catalog.Model;
import mooring.catalog.ReplicaSpec;
import mooring.config.ConfigText;
import mooring.engine.wire.ReservedFields;
import mooring.inference.ModelId;
import org.junit.jupiter.api.Test;

class BundledFilesTest {

    private final CatalogFile catalog =
            CatalogFile.read(ConfigText.bundled("catalog.yaml"), ReservedFields.names());

    private final PriceFile prices = PriceFile.read(ConfigText.bundled("prices.yaml"));

    @Test
    void theBundledModelRunsHereWithAsManySlotsAsItDecodesAtOnce() {
        assertThat(catalog.warnings()).isEmpty();
        assertThat(catalog.catalog().models()).hasSize(1);
        Model model = catalog.catalog().models().iterator().next();
        assertThat(model.id()).isEqualTo(new ModelId("smollm2-135m-instruct"));
        assertThat(model.contextLength()).isEqualTo(8192);
        assertThat(model.replicas()).hasSize(1);
        ReplicaSpec replica = model.replicas().getFirst();
        assertThat(replica.engine()).isEqualTo(EngineKind.LLAMACPP);
        assertThat(replica)
                .isInstanceOfSatisfying(
                        ReplicaSpec.Command.class,
                        command -> {
                            assertThat(value(command, "--parallel"))
                                    .isEqualTo("" + replica.slots());
                            assertThat(value(command, "--context"))
                                    .isEqualTo("" + model.contextLength());
                            assertThat(value(command, "--port")).isEqualTo("{port}");
                            assertThat(value(command, "--key-file")).isEqualTo("{key_file}");
                        });
    }

    @Test
    void theBundledPricesAreThoseOfTheBundledModel() {
        assertThat(prices.gaps(catalog.catalog())).isEmpty();
        assertThat(prices.warnings(catalog.catalog())).isEmpty();
        assertThat(prices.currency().code()).isEqualTo("USD");
    }

    private static String value(ReplicaSpec.Command replica, String argument) {
        List<String> command = replica.command();
        return command.get(command.indexOf(argument) + 1);
    }
}
