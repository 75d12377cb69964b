package mooring.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What goes in and, byte for byte, what comes out: the files in `transcripts` and beside it.
///
/// A file has three parts under lines that begin with `==`: what the caller asks, what the engine
/// says, and what the caller gets, its status in front. Ids and instants stand there as `ID` and 0.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TranscriptTest {

    private static final int PARTS = 4;

    /// Where each folder's transcripts are sent.
    private static final Map<String, String> PATHS =
            new TreeMap<>(
                    Map.of(
                            "transcripts", "/v1/chat/completions",
                            "transcripts-completions", "/v1/completions",
                            "transcripts-embeddings", "/v1/embeddings",
                            "transcripts-responses", "/v1/responses"));

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    static Stream<Path> transcripts() throws IOException, URISyntaxException {
        List<Path> all = new ArrayList<>();
        for (String folder : PATHS.keySet()) {
            URL url = Objects.requireNonNull(TranscriptTest.class.getResource(folder));
            try (Stream<Path> files = Files.list(Path.of(url.toURI()))) {
                all.addAll(files.sorted().toList());
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void theAnswerIsExactlyWhatTheTranscriptSays(Path file) throws IOException {
        String[] parts = Files.readString(file).split("(?m)^==.*\n");
        assertThat(parts).as("parts of " + file).hasSize(PARTS);
        Customer customer = server.customer("1");
        server.canned().says(parts[2].stripLeading());

        String path =
                Objects.requireNonNull(PATHS.get(file.getName(file.getNameCount() - 2).toString()));

        Reply answer = server.send("POST", path, customer.key(), parts[1]);

        String normal =
                answer.status()
                        + "\n"
                        + answer.text()
                                .replaceAll("cmpl-[0-9a-f]{32}", "cmpl-ID")
                                .replaceAll("(req|resp|msg|fc|rs)_[0-9a-f]{32}", "$1_ID")
                                .replaceAll("\"created(_at)?\":\\d+", "\"created$1\":0");
        assertThat(lines(normal)).isEqualTo(lines(parts[3]));
    }

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>(text.lines().toList());
        while (!lines.isEmpty() && lines.getLast().isBlank()) {
            lines.removeLast();
        }
        return lines;
    }
}
