package mooring.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import mooring.cli.Shell.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelPullTest {
    /// What the server's own test reads.
    private static final Path SAMPLES =
            Path.of("..", "server", "src", "test", "resources", "mooring", "catalog", "file");

    private static final byte[] MODEL = GgufBytes.tiny(65_536, 400_000);
    private static final String[] PULL = {"model", "pull", FakeHub.REPOSITORY, FakeHub.FILE};

    @TempDir Path folder = Path.of("");

    private final FakeHub hub;

    ModelPullTest() throws IOException {
        hub = new FakeHub(MODEL);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void aPulledModelIsInItsPlaceInTheCatalogueAndPriced() throws IOException {
        Result result =
                pull("--input-price", "0.30", "--output-price", "1.20", "--cache-read-price", "0");

        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(model()).hasBinaryContent(MODEL);
        assertThat(result.out())
                .contains("sha256     " + FakeHub.sha256(MODEL) + " (as the hub told)\n")
                .contains("context    32768 tokens; the model was made for 65536\n")
                .contains("memory     about 268 MB when it runs")
                .contains("prices     .mooring/prices.yaml: input 0.30, cached 0, output 1.20 USD")
                .endsWith(
                        """

                        Next:
                          ./mooring up --detach
                          ./mooring chat --model tiny-q4 "What is a mooring?"
                        """);
        assertThat(written("catalog.yaml")).isEqualTo(sample("pulled-catalog.yaml"));
        assertThat(written("prices.yaml")).isEqualTo(sample("pulled-prices.yaml"));
        assertThat(sample("pulled-catalog.yaml")).startsWith(YamlFile.bundled("catalog.yaml"));
        try (var files = Files.list(Objects.requireNonNull(model().getParent()))) {
            assertThat(files).containsExactly(model());
        }
    }

    @Test
    void theTokenGoesToTheHubAndNotWhereTheHubSendsUs() {
        assertThat(run(shell().set("HF_TOKEN", "hf_secret")).exitCode()).isZero();

        assertThat(hub.asked()).hasSize(3);
        for (FakeHub.Asked asked : hub.asked()) {
            assertThat(asked.token()).isEqualTo(asked.atHub() ? "Bearer hf_secret" : "-");
        }
    }

    @Test
    void aTransferThatIsCutGoesOnWhereItStopped() {
        hub.cuts(2, 150_000);

        Result result = pull();

        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(model()).hasBinaryContent(MODEL);
        assertThat(hub.ranges()).containsExactly("-", "bytes=150000-", "bytes=300000-");
    }

    @Test
    void whatAnEarlierPullLeftIsNotFetchedAgain() throws IOException {
        Path part = part();
        Files.write(part, Arrays.copyOf(MODEL, 100_000));

        Result result = pull();

        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(result.err()).contains("Going on after 100 kB that are here already\n");
        assertThat(hub.ranges()).containsExactly("bytes=100000-");
        assertThat(model()).hasBinaryContent(MODEL);
        assertThat(part).doesNotExist();
    }

    @Test
    void aPartThatIsLargerThanTheFileIsStartedAnew() throws IOException {
        byte[] more = Arrays.copyOf(MODEL, MODEL.length + 5);
        Files.write(part(), more);

        assertThat(pull().exitCode()).isZero();
        assertThat(model()).hasBinaryContent(MODEL);
    }

    @Test
    void aWrongChecksumLeavesNothingBehind() throws IOException {
        hub.tells("\"" + "00".repeat(32) + "\"");

        Result result = pull();

        refused(
                result,
                "Tiny-Q4.gguf arrived with a wrong checksum and was deleted: sha256 "
                        + FakeHub.sha256(MODEL)
                        + " (expected: "
                        + "00".repeat(32)
                        + ").");
        try (var files = Files.list(Objects.requireNonNull(model().getParent()))) {
            assertThat(files).isEmpty();
        }
        assertThat(data("catalog.yaml")).doesNotExist();
        assertThat(data("prices.yaml")).doesNotExist();
    }

    @Test
    void aHubWithoutAChecksumIsSaidPlainly() {
        hub.tells("\"0123456789abcdef0123456789abcdef01234567\"");
        assertThat(pull().out()).contains("(not verified: the hub tells no checksum)");

        hub.tells(null);
        ObjectNode json = Objects.requireNonNull(Json.parse(pull("--id", "again", "--json").out()));
        assertThat(json.path("verified").asBoolean(true)).isFalse();
    }

    @Test
    void refusalsOfTheHubSayWhatToDo() {
        String place = "acme/tiny-GGUF at " + hub.url();
        refused(
                run(shell(), "model", "pull", FakeHub.REPOSITORY, "none.gguf"),
                "There is no file none.gguf (revision main) in " + place + ": check the spelling");
        hub.refuses(404, "RepoNotFound");
        refused(pull(), "There is no repository " + place);
        hub.refuses(404, "RevisionNotFound");
        refused(pull("--revision", "v9"), "There is no revision v9 of " + place);
        hub.refuses(401, null);
        refused(pull(), place + " does not exist, or is private or gated:");
        refused(pull(), "set HF_TOKEN");
        hub.refuses(401, "GatedRepo");
        refused(pull(), place + " is gated or private (status 401): accept its terms");
        hub.refuses(403, null);
        refused(run(shell().set("HF_TOKEN", "hf_x")), "check that HF_TOKEN is a token");
        hub.refuses(503, null);
        refused(pull(), "answered with status 503: check HF_ENDPOINT, or try again later.");
    }

    @Test
    void aHubThatNobodyReachesIsNamed() throws IOException {
        int closedPort;
        try (ServerSocket socket = new ServerSocket(0)) {
            closedPort = socket.getLocalPort();
        }
        String address = "http://127.0.0.1:" + closedPort;
        refused(
                run(shell().set("HF_ENDPOINT", address)),
                "Cannot reach the hub at " + address + " (Connection refused): check the network");
        refused(run(shell().set("HF_ENDPOINT", "ftp://x")), "HF_ENDPOINT: ftp://x (expected:");
    }

    @Test
    void aFileThatIsNoModelIsNotKept() throws IOException {
        byte[] weights = new byte[300_000];
        byte[] eyes = new GgufBytes().text("general.architecture", "clip").bytes();
        for (byte[] other : List.of(weights, eyes)) {
            try (FakeHub elsewhere = new FakeHub(other)) {
                Result result = run(shell().set("HF_ENDPOINT", elsewhere.url()));

                assertThat(result.exitCode()).isEqualTo(1);
                assertThat(lastLine(result)).contains("GGUF").contains("deleted");
                try (var files = Files.list(Objects.requireNonNull(model().getParent()))) {
                    assertThat(files).isEmpty();
                }
            }
        }
        refused(
                run(shell(), "model", "pull", FakeHub.REPOSITORY, "big-00001-of-00003.gguf"),
                "big-00001-of-00003.gguf is one part of a model in several files");
    }

    @Test
    void aFileLargerThanTheDiskIsRefusedBeforeItIsFetched() {
        hub.tellsSize(1L << 60);

        refused(pull(), "No space for Tiny-Q4.gguf: ");
        assertThat(hub.ranges()).isEmpty();
    }

    @Test
    void aModelThatIsInTheCatalogueIsRefusedBeforeItIsFetched() throws IOException {
        refused(
                pull("--id", "smollm2-135m-instruct"),
                ".mooring/catalog.yaml has a model smollm2-135m-instruct already (the one that"
                        + " comes along): choose another name with --id.");
        assertThat(pull().exitCode()).isZero();
        String before = Files.readString(data("catalog.yaml"));

        refused(pull(), ".mooring/catalog.yaml has a model tiny-q4 already: choose another");
        assertThat(hub.ranges()).hasSize(1);
        assertThat(data("catalog.yaml")).hasContent(before);

        Result second = pull("--id", "second", "--free", "--context", "2048");
        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(hub.ranges()).hasSize(1);
        assertThat(Files.readString(data("catalog.yaml")))
                .startsWith(before)
                .contains("- id: \"second\"")
                .contains("    context_length: 2048\n");
        assertThat(Files.readString(data("prices.yaml")))
                .endsWith("\n  \"second\":\n    free: true\n");
    }

    @Test
    void aCatalogueThatCannotBeAddedToGetsLinesToPaste() throws IOException {
        String mine = "models: [{id: a, context_length: 9, replicas: [{url: \"http://x\"}]}]\n";
        Files.createDirectories(data(""));
        Files.writeString(data("catalog.yaml"), mine);

        Result result = pull();

        refused(result, "not offered yet: under models: of .mooring/catalog.yaml add the lines");
        assertThat(result.out()).contains("  - id: \"tiny-q4\"\n    owned_by: \"acme\"\n");
        assertThat(data("catalog.yaml")).hasContent(mine);
        assertThat(model()).exists();
    }

    @Test
    void aCatalogueElsewhereIsTheOperators() throws IOException {
        Files.createDirectories(data(""));
        Files.writeString(
                data("state.json"),
                """
                {"baseUrl": "http://127.0.0.1:1", "command": ["serve", "--catalog", "/etc/c.yaml"]}
                """);

        refused(pull(), "not offered yet: under models: of /etc/c.yaml add the lines above");
        assertThat(data("catalog.yaml")).doesNotExist();
    }

    @Test
    void pricesThatStandThereAreNotChanged() throws IOException {
        Files.createDirectories(data(""));
        String mine = "currency: NZD\nmodels:\n  tiny-q4: {input: \"3\", output: \"4\"}\n";
        Files.writeString(data("prices.yaml"), mine);

        refused(pull("--free"), ".mooring/prices.yaml has a price for tiny-q4 already");
        assertThat(pull().out()).contains("prices     .mooring/prices.yaml, as they stood there\n");
        assertThat(data("prices.yaml")).hasContent(mine);
    }

    @Test
    void aRunningInstanceIsRestartedAndItsPricesPublished() throws IOException {
        Files.createDirectories(folder.resolve("my data"));
        Files.writeString(folder.resolve("my data/state.json"), "{}");
        Files.writeString(folder.resolve("my data/first-key"), "sk");

        assertThat(pull("--data-dir", "my data").out())
                .contains("the bundled model's as a start: set your own there")
                .endsWith(
                        """
                        Next:
                          ./mooring restart --data-dir 'my data'
                          ./mooring prices publish --data-dir 'my data'
                          ./mooring chat --model tiny-q4 --data-dir 'my data' "What is a mooring?"
                        """);
    }

    @Test
    void aFolderThatCannotBeWrittenIsRefused() throws IOException {
        Files.writeString(folder.resolve("taken"), "a file");

        refused(
                pull("--data-dir", "taken"),
                "Cannot write to the data folder taken",
                "choose another one with --data-dir.");
    }

    @Test
    void misuseIsToldFromRefusal() {
        misused("--input-price and --output-price belong together", "--input-price", "1");
        misused("--free and a price exclude", "--free", "--cache-read-price", "1");
        misused("--output-price: 1,5 (expected:", "--input-price", "1", "--output-price", "1,5");
        misused("All prices are 0", "--input-price", "0", "--output-price", "0.0");
        misused("--context: 0 (expected: 1..10000000)", "--context", "0");
        misused("--id: two words (expected:", "--id", "two words");
        misused("--revision: a/../b (expected:", "--revision", "a/../b");
        for (String repository : List.of("acme", "../acme", "acme/x/y", "acme/..")) {
            Result result = run(shell(), "model", "pull", repository, "x.gguf");
            assertThat(result.exitCode()).as(repository).isEqualTo(2);
        }
        for (String file : List.of("/etc/x.gguf", "../../x.gguf", "a//b.gguf", "a\\b.gguf")) {
            Result result = run(shell(), "model", "pull", FakeHub.REPOSITORY, file);
            assertThat(result.exitCode()).as(file).isEqualTo(2);
        }
        assertThat(hub.asked()).isEmpty();
    }

    @Test
    void onATerminalABarMovesElseLinesAreWritten() {
        String plain = pull().err();
        assertThat(plain).contains("Pulling Tiny-Q4.gguf, 400 kB\n").doesNotContain("\r");
        assertThat(plain).contains("100 %  400 kB of 400 kB\n");

        Result bar = run(shell().onTerminal(), with("--id", "x", "--data-dir", "other"));
        assertThat(bar.err()).contains("\r[" + "=".repeat(30) + "] 100 %  400 kB of 400 kB");
    }

    private Shell shell() {
        return new Shell(folder).set("HF_ENDPOINT", hub.url());
    }

    private Result pull(String... options) {
        return run(shell(), with(options));
    }

    private static Result run(Shell shell, String... arguments) {
        return shell.run(arguments.length == 0 ? PULL : arguments);
    }

    private static String[] with(String... options) {
        List<String> all = new ArrayList<>(List.of(PULL));
        all.addAll(List.of(options));
        return all.toArray(String[]::new);
    }

    private void misused(String why, String... options) {
        Result result = pull(options);
        assertThat(result.err()).contains(why);
        assertThat(result.exitCode()).isEqualTo(2);
    }

    private static void refused(Result result, String... words) {
        assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
        assertThat(lastLine(result)).startsWith("mooring: ").contains(words);
    }

    private static String lastLine(Result result) {
        return result.err().lines().reduce("", (_, line) -> line);
    }

    private Path data(String name) {
        return folder.resolve(".mooring").resolve(name);
    }

    private Path model() {
        return data("models").resolve(FakeHub.REPOSITORY).resolve(FakeHub.FILE);
    }

    /// Where an interrupted pull of the hub's file keeps what it has.
    private Path part() throws IOException {
        String version = FakeHub.sha256(MODEL);
        HubFile file = new HubFile(FakeHub.REPOSITORY, FakeHub.FILE, "main");
        String name = Download.partName(file, new Hub.Facts(version, version, MODEL.length));
        Files.createDirectories(Objects.requireNonNull(model().getParent()));
        return model().resolveSibling(name);
    }

    /// The file as if the data folder were `/srv/mooring`.
    private String written(String name) throws IOException {
        String real = data("").toAbsolutePath().normalize().toString();
        return Files.readString(data(name)).replace(real, "/srv/mooring");
    }

    private static String sample(String name) throws IOException {
        return Files.readString(SAMPLES.resolve(name));
    }
}
