package mooring.accounts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "203.0.113.7, 203.0.113.7, true",
        "203.0.113.7, 203.0.113.8, false",
        "192.168.4.0/23, 192.168.5.255, true",
        "192.168.4.0/23, 192.168.6.0, false",
        "0.0.0.0/0, 8.8.8.8, true",
        "0.0.0.0/0, ::1, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "::1, 0:0:0:0:0:0:0:1, true",
        "127.0.0.0/8, ::ffff:127.0.0.1, true",
        "10.0.0.0/8, localhost, false",
        "10.0.0.0/8, '', false"
    })
    void anAddressLiesInARangeOrNot(String range, String address, boolean inside) {
        assertThat(network(range).contains(address)).isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.0.0.1/8",
                "10.0.0.0/33",
                "256.0.0.1",
                "example.org",
                "10.0.0.0/",
                "1.2.3",
                "2001:db8::1/32",
                "2001:db8::/129",
                "::g",
                "/8",
                "10.0.0.0/8/8"
            })
    void whatIsNoRangeIsRefused(String text) {
        assertThat(Network.parse(text)).isNull();
    }

    @Test
    void aRangeIsWrittenInOneForm() {
        assertThat(network("10.0.0.7")).hasToString("10.0.0.7/32");
        assertThat(network("2001:DB8::/32")).hasToString("2001:db8:0:0:0:0:0:0/32");
    }

    private static Network network(String text) {
        return Objects.requireNonNull(Network.parse(text), text);
    }
}
