package mooring.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import mooring.cli.Shell.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RefusalsTest {
    @TempDir Path folder = Path.of("");

    private final FakeServer server;
    private Shell shell;

    RefusalsTest() throws IOException {
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
    void aMissingInstanceIsNamedWithTheWayToStartIt() {
        Shell elsewhere = new Shell(folder.resolve("elsewhere"));

        Result result = elsewhere.run("org", "list");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo("mooring: No instance runs in .mooring: start one with ./mooring up.\n");
        assertThat(elsewhere.run("chat", "Hi", "--data-dir", "other").err())
                .isEqualTo(
                        "mooring: No instance runs in other: start one with ./mooring up --data-dir"
                                + " other.\n");
    }

    @Test
    void anInstanceThatWasKilledIsNamedWithItsAddress() throws IOException {
        int closedPort;
        try (ServerSocket socket = new ServerSocket(0)) {
            closedPort = socket.getLocalPort();
        }
        shell.instance("killed", "http://127.0.0.1:" + closedPort);

        assertThat(shell.run("models", "--data-dir", "killed").err())
                .isEqualTo(
                        "mooring: Nothing answers at http://127.0.0.1:"
                                + closedPort
                                + " (from killed/state.json): start it with ./mooring up"
                                + " --data-dir killed.\n");
    }

    @Test
    void theDataFolderComesFromTheOptionThenTheEnvironment() throws IOException {
        shell.instance("second", server.url());
        Files.delete(folder.resolve(".mooring/state.json"));

        assertThat(shell.run("models").exitCode()).isEqualTo(1);
        assertThat(shell.run("models", "--data-dir", "second").exitCode()).isZero();
        shell.set("MOORING_DATA_DIR", "second");
        assertThat(shell.run("models").exitCode()).isZero();
        assertThat(shell.run("models", "--data-dir", ".mooring").exitCode()).isEqualTo(1);
    }

    @Test
    void anAddressIsUsedWithTheKeyOfTheEnvironment() {
        Shell elsewhere = new Shell(folder.resolve("elsewhere"));

        Result without = elsewhere.run("models", "--url", server.url());
        assertThat(without.exitCode()).isEqualTo(2);
        assertThat(without.err()).startsWith("mooring: --url needs a key: set MOORING_KEY");
        elsewhere.set("MOORING_KEY", FakeServer.API_KEY);
        assertThat(elsewhere.run("models", "--url", server.url() + "/v1/").exitCode()).isZero();
        elsewhere.set("MOORING_KEY", FakeServer.OPERATOR_KEY);
        assertThat(elsewhere.run("org", "list", "--url", server.url()).exitCode()).isZero();
    }

    @Test
    void anAddressThatIsNoneIsMisuse() {
        shell.set("MOORING_KEY", "sk-x");
        for (String url : new String[] {"localhost:8080", "ftp://x", "http://", "http://a b"}) {
            assertThat(shell.run("models", "--url", url).exitCode()).as(url).isEqualTo(2);
        }
        assertThat(shell.run("models", "--url", server.url(), "--data-dir", "x").exitCode())
                .isEqualTo(2);
    }

    @Test
    void anAddressThatDoesNotSpeakTlsIsRefusedAsOne() throws Exception {
        shell.set("MOORING_KEY", FakeServer.API_KEY);
        try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerPlainly(plain));

            Result result =
                    shell.run("models", "--url", "https://127.0.0.1:" + plain.getLocalPort());

            assertThat(result.exitCode()).isEqualTo(1);
            assertThat(result.err())
                    .startsWith("mooring: No safe connection to https://127.0.0.1:")
                    .hasLineCount(1);
        }
    }

    private static void answerPlainly(ServerSocket plain) {
        try (Socket socket = plain.accept()) {
            socket.getInputStream().read();
            socket.getOutputStream()
                    .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            // Until the client closes: an early end could be taken for a broken connection.
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aRefusedKeyIsNamedByItsPlaceAndNeverPrinted() throws IOException {
        Files.writeString(folder.resolve(".mooring/operator-key"), "wrong-operator-secret");

        Result result = shell.run("org", "list");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo(
                        "mooring: The key is not valid (invalid_api_key). The key came from"
                                + " .mooring/operator-key: check that the folder belongs to this"
                                + " server. [req_test]\n");
    }

    @Test
    void aKeyFileThatHoldsSomethingElseIsNotPrinted() throws IOException {
        Files.writeString(folder.resolve(".mooring/first-key"), "two words");

        Result result = shell.run("models");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains(".mooring/first-key").doesNotContain("two words");
    }

    @Test
    void anEmptyBalanceSaysHowToAddCredit() {
        server.on(
                "POST /v1/chat/completions",
                429,
                FakeServer.error(
                        "The balance is 0 USD",
                        "insufficient_quota",
                        null,
                        "credit_balance_exhausted"));

        Result result = shell.run("chat", "Hi");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo(
                        "mooring: The balance is 0 USD (credit_balance_exhausted). Add credit"
                                + " with: mooring topup ORG AMOUNT --reason TEXT. [req_test]\n");
    }

    @Test
    void aLimitSaysWhenToTryAgain() {
        server.on(
                "POST /v1/chat/completions",
                exchange -> {
                    exchange.getResponseHeaders().add("Retry-After", "7");
                    FakeServer.send(
                            exchange,
                            429,
                            FakeServer.error("Too many", "rate_limit_error", null, "rpm_exceeded"));
                });

        assertThat(shell.run("chat", "Hi").err())
                .isEqualTo("mooring: Too many (rpm_exceeded). Try again in 7 s. [req_test]\n");
    }

    @Test
    void aServersErrorOfManyLinesIsOneLine() {
        server.on(
                "GET /v1/models",
                500,
                FakeServer.error("It\nbroke\u001b[2J.", "server_error", null, "internal"));

        assertThat(shell.run("models").err())
                .isEqualTo(
                        "mooring: It broke\uFFFD[2J (internal). See ./mooring logs. [req_test]\n");
    }

    @Test
    void anAddressWhereSomethingElseListensIsSaid() {
        server.on("GET /v1/models", 404, "<html>").on("GET /api/v1/config", 200, "<html>");

        assertThat(shell.run("models").err())
                .isEqualTo(
                        "mooring: "
                                + server.url()
                                + " answered 404 without an error object: check that it is"
                                + " Mooring's address.\n");
        assertThat(shell.run("config", "show").err()).contains("answered without a JSON object");
    }

    @Test
    void whatIsPutWronglyEndsWithTwoAndOneLine() {
        String[][] wrong = {
            {},
            {"serve"},
            {"org"},
            {"chat", "Hi", "--modle", "x"},
            {"chat", "Hi", "there"},
            {"chat", "Hi", "--seed", "x"},
            {"keys", "create", "--org", "acme"},
            {"topup", "acme"},
            {"topup", "acme", "5"},
            {"version", "--verbose"}
        };
        for (String[] arguments : wrong) {
            Result result = shell.run(arguments);

            assertThat(result.exitCode()).as(String.join(" ", arguments)).isEqualTo(2);
            assertThat(result.err()).as(String.join(" ", arguments)).hasLineCount(1);
            assertThat(result.out()).isEmpty();
        }
        assertThat(shell.run("chat", "Hi", "--modle", "x").err()).contains("Did you mean --model?");
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void helpAndTheProgramsVersionNeedNoInstance() {
        Shell elsewhere = new Shell(folder.resolve("elsewhere"));

        assertThat(elsewhere.run("--help").out()).startsWith("Usage: mooring").contains("ledger");
        assertThat(elsewhere.run("keys", "create", "--help").out())
                .startsWith("Usage: mooring keys create");
        assertThat(elsewhere.run("--version").out()).isEqualTo("mooring 0.1.0\n");
    }
}
