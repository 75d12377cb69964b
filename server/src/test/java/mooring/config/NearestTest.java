package mooring.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {

    @Test
    void theNameWithTheFewestSlipsIsNearest() {
        List<String> names = List.of("admin-port", "port", "listen", "prices");
        assertThat(Nearest.of("prot", names)).isEqualTo("port");
        assertThat(Nearest.of("adminport", names)).isEqualTo("admin-port");
        assertThat(Nearest.of("price", names)).isEqualTo("prices");
        assertThat(Nearest.of("lissten", names)).isEqualTo("listen");
        assertThat(Nearest.of("port", names)).isEqualTo("port");
    }

    @Test
    void aPartOfANameStandsForTheName() {
        List<String> names = List.of("port", "idle-timeout", "drain-timeout");
        assertThat(Nearest.of("idle", names)).isEqualTo("idle-timeout");
        assertThat(Nearest.close("drain", names)).isEqualTo("drain-timeout");
    }

    @Test
    void whatIsFarFromEveryNameIsCloseToNone() {
        assertThat(Nearest.close("colour", List.of("port", "listen"))).isNull();
        assertThat(Nearest.of("colour", List.of("port", "listen"))).isEqualTo("port");
    }

    @Test
    void ofEqualsTheFirstIsNearest() {
        assertThat(Nearest.of("c", List.of("a", "b"))).isEqualTo("a");
    }

    @Test
    void nothingIsNearestToNothing() {
        assertThatThrownBy(() -> Nearest.of("a", List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
