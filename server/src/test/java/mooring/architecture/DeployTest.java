package mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mooring.config.Settings;
import mooring.json.Json;
import mooring.testing.TestRedis;
import mooring.testing.TestingServer;
import org.junit.jupiter.api.Test;

/// The folder `deploy` speaks of metrics, settings and files that there are.
class DeployTest {

    private static final Path DEPLOY = Project.ROOT.resolve("deploy");
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final Pattern NAME =
            Pattern.compile("\\b(?:mooring|gen_ai|jvm|process|system)_[a-z_]+\\b");

    @Test
    void dashboardAndAlarmsNameOnlyMetricsAndLabelsThatThereAre() throws Exception {
        Set<String> named = new TreeSet<>();
        JsonNode dashboard =
                Json.MAPPER.readTree(Files.readString(DEPLOY.resolve("grafana-dashboard.json")));
        for (JsonNode panel : dashboard.path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                collect(target.path("expr").asText(), named);
            }
        }
        int fromDashboard = named.size();
        JsonNode alarms = YAML.readTree(DEPLOY.resolve("prometheus-alarms.yaml").toFile());
        for (JsonNode group : alarms.path("groups")) {
            for (JsonNode rule : group.path("rules")) {
                assertThat(rule.path("alert").asText()).startsWith("Mooring");
                assertThat(rule.at("/labels/severity").asText()).isIn("page", "ticket");
                assertThat(rule.at("/annotations/summary").asText()).isNotEmpty();
                collect(rule.path("expr").asText(), named);
            }
        }
        assertThat(fromDashboard).isGreaterThan(10);
        String scraped = "\n" + scrape();
        assertThat(named)
                .allMatch(
                        name ->
                                scraped.contains("\n" + name + "{")
                                        || scraped.contains("\n" + name + " ")
                                        || scraped.contains(name + "=\""));
    }

    private static void collect(String expression, Set<String> names) {
        Matcher name = NAME.matcher(expression);
        while (name.find()) {
            names.add(name.group());
        }
    }

    private static String scrape() throws IOException, InterruptedException {
        try (TestRedis redis = new TestRedis();
                TestingServer server = TestingServer.start("--redis-url", redis.url());
                HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create(server.adminUrl() + "/metrics"))
                                    .timeout(Duration.ofSeconds(40))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    @Test
    void theContainersStartTheSameCommandWithSettingsThatThereAre() throws IOException {
        String image = Files.readString(DEPLOY.resolve("Containerfile"));
        JsonNode compose = YAML.readTree(DEPLOY.resolve("compose.yaml").toFile());
        JsonNode service = compose.at("/services/mooring");

        assertThat(image)
                .contains("ENTRYPOINT [\"./mooring\"]")
                .contains("CMD [\"up\", \"--data-dir\", \"/data\"]")
                .contains("STOPSIGNAL SIGTERM")
                .containsPattern("(?m)^USER (?!root)");
        assertThat(Project.ROOT.resolve("mooring")).isExecutable();
        assertThat(
                        DEPLOY.resolve(service.at("/build/context").asText())
                                .resolve(service.at("/build/dockerfile").asText())
                                .normalize())
                .isEqualTo(DEPLOY.resolve("Containerfile").normalize());
        Map<String, String> environment = new HashMap<>();
        service.path("environment")
                .properties()
                .forEach(
                        each ->
                                environment.put(
                                        each.getKey(),
                                        each.getValue()
                                                .asText()
                                                .replace("${DATABASE_PASSWORD}", "secret")));
        Matcher variable = Pattern.compile("(?m)^ENV (MOORING_\\w+)=(\\S+)$").matcher(image);
        while (variable.find()) {
            environment.put(variable.group(1), variable.group(2));
        }
        assertThat(environment).containsKeys("MOORING_LISTEN", "MOORING_DATABASE_URL");
        assertThatCode(() -> Settings.load(List.of(), environment, Path.of("/data")))
                .doesNotThrowAnyException();
        for (String volume : List.of("database", "data")) {
            assertThat(compose.path("volumes").has(volume)).isTrue();
        }
    }
}
