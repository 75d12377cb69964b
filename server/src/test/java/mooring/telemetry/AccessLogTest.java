package mooring.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import mooring.inference.Operation;
import mooring.inference.Usage;
import mooring.testing.Await;
import mooring.testing.TestFolders;
import org.junit.jupiter.api.Test;

/// The access log's two forms, and what it does when the disk is too slow.
class AccessLogTest {

    private final Path file = TestFolders.create("access-").resolve("logs/access.log");

    @Test
    void aLineForPeopleNamesEverythingInOneRow() throws IOException {
        try (AccessLog log = AccessLog.open(file, false)) {
            log.add(line("/v1/chat/completions"));
        }

        assertThat(Files.readAllLines(file))
                .containsExactly(
                        "2026-01-02T03:04:05Z req_1 POST /v1/chat/completions 200 ms=12.345"
                                + " bytes=678 org=org_1 project=proj_1 key=key_1 model=tide"
                                + " replica=tide-0 attempts=1 stream=true input=10 cached=4"
                                + " output=3 ending=stop cost=0.000016_USD auth=0.1"
                                + " first_token=10");
    }

    @Test
    void aPathNeitherBreaksTheLineNorCarriesAKeyIntoIt() throws IOException {
        try (AccessLog log = AccessLog.open(file, false)) {
            log.add(line("/v1/models/a\nb/sk-mooring-0123456789abcdef/x"));
        }

        assertThat(Files.readAllLines(file)).hasSize(1);
        assertThat(Files.readString(file))
                .contains("/v1/models/a?b/sk-.../x")
                .doesNotContain("0123456789abcdef");
    }

    @Test
    void linesThatTheDiskCannotTakeAreCountedAndNobodyWaits() throws IOException {
        Path nowhere = TestFolders.create("access-").resolve("file");
        Files.writeString(nowhere, "in the way of the folder");
        try (AccessLog log = AccessLog.open(nowhere.resolve("access.log"), true)) {
            log.add(line("/v1/models"));
            Await.until("counted", Duration.ofSeconds(40), () -> log.dropped() == 1);
        }
    }

    private static AccessLine line(String path) {
        Map<String, Long> phases = new LinkedHashMap<>();
        phases.put("auth", 100L);
        phases.put("first_token", 10_000L);
        return new AccessLine(
                Instant.parse("2026-01-02T03:04:05Z"),
                "req_1",
                "POST",
                path,
                200,
                678,
                12_345,
                new AccessLine.Caller("org_1", "proj_1", "key_1"),
                new AccessLine.Served(
                        Operation.CHAT,
                        "tide",
                        "tide-0",
                        1,
                        true,
                        new Usage(6, 4, 0, 0, 3, 0),
                        "stop",
                        "0.000016 USD",
                        phases),
                null,
                null);
    }
}
