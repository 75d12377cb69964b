package mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ReportTest {

    @Test
    void oneBrokenCaseMissesTheBarAndIsShown() {
        Report report = new Report("three cases");
        Report.Tally rule = report.tally("a rule");
        rule.expect(true, "first");
        rule.expect(false, "second was 2 (expected: 1)");
        rule.expect(true, "third");

        assertThat(report.met()).isFalse();
        assertThat(report.text("try"))
                .contains("1 broken of 3", "MISSED", "! second was 2 (expected: 1)", "missed.");
        assertThat(report.json("try").path("met").asBoolean(true)).isFalse();
    }

    @Test
    void aRuleThatWasNeverTriedDoesNotHold() {
        Report report = new Report("nothing");
        report.tally("a rule");

        assertThat(report.met()).isFalse();
        assertThat(report.wrong()).hasSize(1);
    }

    @Test
    void aSlowTimeMissesTheBarButIsNotWrong() {
        Report report = new Report("slow");
        report.timedLine("a time", "9 s", "≤ 1 s", false);

        assertThat(report.met()).isFalse();
        assertThat(report.wrong()).isEmpty();
    }

    @Test
    void aRowReplacesTheOlderOneOfItsNameAndKeepsTheOthers() {
        String page =
                "before\n"
                        + PerformancePage.BEGIN
                        + "\n| Name |\n|---|\n| `a` | 1 |\n| `c` | 3 |\n"
                        + PerformancePage.END
                        + "\nafter\n";

        assertThat(PerformancePage.withRow(page, "c", "| `c` | 4 |"))
                .contains("|---|\n| `a` | 1 |\n| `c` | 4 |\n" + PerformancePage.END)
                .startsWith("before\n")
                .endsWith("\nafter\n");
        assertThat(PerformancePage.withRow(page, "b", "| `b` | 2 |"))
                .contains("| `a` | 1 |\n| `b` | 2 |\n| `c` | 3 |\n");
        assertThatThrownBy(() -> PerformancePage.withRow("no markers", "a", "row"))
                .hasMessageContaining("markers");
    }

    @Test
    void thePageHasItsMarkersAndABarForEveryName() throws Exception {
        String page = Files.readString(Project.find().performancePage());

        assertThat(PerformancePage.withRow(page, "start", "| `start` | row |"))
                .contains("| `start` | row |");
        assertThat(new CommandLine(new Main()).getSubcommands().keySet())
                .isNotEmpty()
                .allSatisfy(name -> assertThat(page).contains("| `" + name + "` | "));
    }

    @Test
    void aPriceIsExactAndRoundedOnceHalfToEven() {
        JsonNode pricing =
                Json.read("{\"input\":\"0.0005\",\"cache_read\":\"0\",\"output\":\"0.001\"}");

        assertThat(Settled.price(new Tokens(1, 7, 0, 0), pricing)).isEqualByComparingTo("0");
        assertThat(Settled.price(new Tokens(3, 0, 0, 0), pricing))
                .isEqualByComparingTo("0.000000002");
        assertThat(Settled.price(new Tokens(1, 0, 2, 1), pricing))
                .isEqualByComparingTo(new BigDecimal("0.000000002"));
    }

    @Test
    void anAnswerIsReadByteByByteAsWell() {
        StringBuilder body = new StringBuilder();
        HttpReader http =
                new HttpReader(
                        (bytes, offset, length) ->
                                body.append(
                                        new String(bytes, offset, length, StandardCharsets.UTF_8)));
        String answer =
                """
                HTTP/1.1 200 OK\r
                Transfer-Encoding: chunked\r
                X-Request-Id: r\r
                \r
                5\r
                hello\r
                1\r
                !\r
                0\r
                \r
                """;
        for (byte next : answer.getBytes(StandardCharsets.US_ASCII)) {
            assertThat(http.ended()).isFalse();
            http.read(new byte[] {next}, 1);
        }

        assertThat(http.ended()).isTrue();
        assertThat(http.status()).isEqualTo(200);
        assertThat(http.header("x-request-id")).isEqualTo("r");
        assertThat(body).hasToString("hello!");
    }
}
