package mooring.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What goes in and, byte for byte, what comes out: the files in `transcripts`.
///
/// A file has three parts under lines that begin with `==`: what the caller asks, what the engine
/// says, and what the caller gets, its status in front. Ids stand there as `ID`.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TranscriptTest {

    private static final int PARTS = 4;

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    static Stream<Path> transcripts() throws IOException, URISyntaxException {
        URL folder = Objects.requireNonNull(TranscriptTest.class.getResource("transcripts"));
        try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void theAnswerIsExactlyWhatTheTranscriptSays(Path file) throws IOException {
        String[] parts = Files.readString(file).split("(?m)^==.*\n");
        assertThat(parts).as("parts of " + file).hasSize(PARTS);
        Customer customer = server.customer("1");
        server.canned().says(parts[2].stripLeading());

        Reply answer = server.send("POST", "/v1/messages", customer.key(), parts[1]);

        String normal =
                answer.status()
                        + "\n"
                        + answer.text()
                                .replaceAll("msg_[0-9a-f]{32}", "msg_ID")
                                .replaceAll("req_[0-9a-f]{32}", "req_ID");
        assertThat(lines(normal)).isEqualTo(lines(parts[3]));
    }

    private static List<String> lines(String text) {
        return text.strip().lines().toList();
    }
}
