package mooring.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import mooring.cli.Shell.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChatTest {
    private static final String CHAT = "POST /v1/chat/completions";

    @TempDir Path folder = Path.of("");

    private final FakeServer server;
    private Shell shell;

    ChatTest() throws IOException {
        server = Samples.server();
        shell = new Shell(Path.of(""));
    }

    @BeforeEach
    void start() throws IOException {
        shell = Shell.beside(folder, server);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void anAnswerEndsWithItsTokensItsCostAndTheBalance() {
        server.on(
                CHAT,
                Samples.stream(
                        Samples.text("Kia"),
                        Samples.text(" ora"),
                        Samples.finish("stop"),
                        Samples.USAGE_CHUNK,
                        "[DONE]"));

        Result result = shell.run("chat", "Greet me");

        assertThat(result.out())
                .isEqualTo(
                        """
                        Kia ora

                        tokens in   34
                        cached      8
                        tokens out  2
                        cost        0.000004100 USD
                        balance     4.999123400 USD
                        """);
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
        assertThat(server.bodyOf("/v1/chat/completions"))
                .isEqualTo(
                        "{\"model\":\"smollm2-135m\",\"messages\":[{\"role\":\"user\",\"content\":"
                                + "\"Greet me\"}],\"stream\":true,\"stream_options\":"
                                + "{\"include_usage\":true}}");
    }

    @Test
    void charactersSplitAcrossPacketsAndEventsArriveWhole() {
        String text = "漢字 ā ē ī ō ū 👩‍🚀 é";
        server.on(
                CHAT,
                Samples.stream(
                        Samples.text(text),
                        "{\"choices\": [{\"delta\": {\"content\": \"\\ud83d\"}}]}",
                        "{\"choices\": [{\"delta\": {\"content\": \"\\ude00\"}}]}",
                        Samples.finish("stop"),
                        Samples.USAGE_CHUNK,
                        "[DONE]"));

        assertThat(shell.run("chat", "Say it").out()).startsWith(text + "😀\n");
    }

    @Test
    void everyOptionReachesTheModelAsItWasTyped() {
        shell.run(
                "chat",
                "Hi",
                "--model",
                "kimi/k2",
                "--system",
                "Be brief",
                "--max-tokens",
                "5",
                "--temperature",
                "0.70",
                "--seed",
                "42",
                "--json");

        assertThat(server.bodyOf("/v1/chat/completions"))
                .isEqualTo(
                        "{\"model\":\"kimi/k2\",\"messages\":[{\"role\":\"system\",\"content\":"
                                + "\"Be brief\"},{\"role\":\"user\",\"content\":\"Hi\"}],"
                                + "\"max_tokens\":5,\"temperature\":0.70,\"seed\":42}");
    }

    @Test
    void theQuestionIsReadFromAPipe() {
        shell.pipe("漢字?\n").run("chat", "--json");

        assertThat(server.bodyOf("/v1/chat/completions")).contains("\"content\":\"漢字?\\n\"");
    }

    @Test
    void aMissingOrEmptyQuestionIsMisuse() {
        assertThat(shell.run("chat").err())
                .isEqualTo(
                        "mooring: Missing PROMPT: put the question in quotes, or pipe it in. See:"
                                + " mooring chat --help\n");
        assertThat(shell.run("chat", " ").exitCode()).isEqualTo(2);
        assertThat(shell.pipe("").run("chat", "-").exitCode()).isEqualTo(2);
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void withoutACostInTheStreamTheBalanceIsAskedForWithAllItsDigits() {
        server.on(
                CHAT,
                Samples.stream(
                        Samples.text("Hi"),
                        Samples.finish("length"),
                        "{\"choices\": [], \"usage\": {\"prompt_tokens\": 3,"
                                + " \"completion_tokens\": 1}}",
                        "[DONE]"));

        assertThat(shell.run("chat", "Hi").out())
                .isEqualTo(
                        """
                        Hi

                        tokens in   3
                        cached      -
                        tokens out  1
                        cost        not reported
                        balance     4.999123400
                        ended by    length (more with --max-tokens)
                        """);
    }

    @Test
    void anAnswerThatIsCutOffIsNotTakenForAWholeOne() {
        server.on(CHAT, Samples.stream(Samples.text("Kia")));

        Result result = shell.run("chat", "Greet me");

        assertThat(result.out()).isEqualTo("Kia\n");
        assertThat(result.err())
                .isEqualTo(
                        "mooring: The answer was cut off before its end; what came is paid. Ask"
                                + " again.\n");
        assertThat(result.exitCode()).isEqualTo(1);
    }

    @Test
    void anErrorInTheMiddleOfAnAnswerIsSaid() {
        server.on(
                CHAT,
                Samples.stream(
                        Samples.text("Kia"),
                        FakeServer.error(
                                "The balance is used up",
                                "insufficient_quota",
                                null,
                                "credit_balance_exhausted")));

        Result result = shell.run("chat", "Greet me");

        assertThat(result.err())
                .isEqualTo(
                        "mooring: The balance is used up (credit_balance_exhausted). The answer"
                                + " ends here; what came is paid.\n");
        assertThat(result.exitCode()).isEqualTo(1);
    }

    @Test
    void signsOfLifeAndOtherFieldsOfTheStreamAreNotShown() {
        server.on(
                CHAT,
                exchange -> {
                    try (OutputStream out = Samples.begin(exchange)) {
                        String events =
                                ": keep-alive\n\nevent: x\nid: 1\nretry: 5\ndata:"
                                        + Samples.text("Hi")
                                        + "\r\n\r\ndata: "
                                        + Samples.finish("stop")
                                        + "\n\ndata: [DONE]\n\n";
                        out.write(events.getBytes(StandardCharsets.UTF_8));
                    }
                });

        assertThat(shell.run("chat", "Hi").out()).startsWith("Hi\n\ntokens in");
    }

    @Test
    void aModelsAnswerCannotSteerATerminalButIsKeptInAFile() {
        server.on(
                CHAT,
                Samples.stream(
                        Samples.text("a\u001b]0;x\u0007\n\tb"),
                        Samples.finish("stop"),
                        Samples.USAGE_CHUNK,
                        "[DONE]"));

        assertThat(shell.run("chat", "Hi").out()).startsWith("a\u001b]0;x\u0007\n\tb\n");
        assertThat(shell.onTerminal().run("chat", "Hi").out())
                .startsWith("a\uFFFD]0;x\uFFFD\n\tb\n");
    }

    @Test
    void aKeyInTheEnvironmentGoesBeforeTheFirstKey() {
        shell.set("MOORING_KEY", "sk-other").run("chat", "Hi", "--json");

        assertThat(server.asked().getFirst().authorization()).isEqualTo("Bearer sk-other");
    }
}
