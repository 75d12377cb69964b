package mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mooring.json.Json;
import org.junit.jupiter.api.Test;

/// What README.md tells a newcomer to type is what works.
class ReadmeTest {

    private static final String README = Project.read("README.md");

    @Test
    void theReadmeFitsOnOneScreen() {
        assertThat(README.lines().count()).isLessThanOrEqualTo(75);
    }

    @Test
    void everyCommandIsOneThatTheLauncherOrTheCommandLineKnows() throws Exception {
        String help = run("bash", Project.ROOT.resolve("mooring").toString(), "help");
        String reference = Project.read("docs/reference/cli.md");
        List<String> commands = commands();
        assertThat(commands).contains("up", "test", "up --detach", "chat \"What is a mooring?\"");
        for (String command : commands) {
            String name = command.replaceFirst(" .*", "");
            boolean ofLauncher =
                    name.equals("help")
                            || help.lines()
                                    .anyMatch(l -> l.matches(" *\\./mooring " + name + "\\b.*"));
            String words = command.replaceFirst("( [^a-z]| -).*", "");
            boolean ofCommandLine =
                    reference.lines().anyMatch(line -> line.startsWith("### `mooring " + words));
            assertThat(ofLauncher || ofCommandLine).as("./mooring %s", command).isTrue();
            Matcher flag = Pattern.compile(" (--[a-z-]+)").matcher(command);
            while (flag.find()) {
                assertThat(help + reference).as("./mooring %s", command).contains(flag.group(1));
            }
        }
    }

    @Test
    void theCurlLineSendsARequestThatTheContractHas() throws IOException {
        String curl = firstMatch("(?s)```sh\n(curl .*?)\n```").replace("\\\n", " ");
        String url = firstMatch("curl (http://\\S+)");
        assertThat(url).startsWith("http://127.0.0.1:" + defaultOf("port") + "/");
        String path = url.replaceFirst("http://[^/]+", "");
        JsonNode operation =
                new YAMLMapper()
                        .readTree(Project.read("docs/api/openapi.yaml"))
                        .at("/paths/" + path.replace("/", "~1") + "/post");
        assertThat(operation.isMissingNode()).as(path).isFalse();
        assertThat(curl)
                .contains("-H \"Authorization: Bearer $(cat .mooring/first-key)\"")
                .contains("-H \"Content-Type: application/json\"");
        JsonNode body = Json.MAPPER.readTree(firstMatch("-d '(\\{.*})'"));
        assertThat(body.path("model").asText()).isEqualTo(bundledModel());
        assertThat(body.at("/messages/0/role").asText()).isEqualTo("user");
        assertThat(body.at("/messages/0/content").asText()).isNotBlank();
    }

    @Test
    void theSdkSnippetAsksTheSameServerForTheSameModel() throws IOException {
        String snippet = firstMatch("(?s)```python\n(.*?)```");
        assertThat(snippet)
                .contains("base_url=\"http://127.0.0.1:" + defaultOf("port") + "/v1\"")
                .contains("open(\".mooring/first-key\").read().strip()")
                .contains("model=\"" + bundledModel() + "\"");
    }

    @Test
    void thePrerequisitesAreThoseThatTheLauncherAsksFor() {
        String checks = Project.read("tools/prerequisites.sh");
        for (String version : List.of("JDK 25", "Maven 3.8", "Node 20", "Python 3.10")) {
            assertThat(README).contains(version);
            assertThat(checks).contains(version.replaceFirst(".* ", ""));
        }
    }

    /// What follows `./mooring`, wherever it stands in code.
    private static List<String> commands() {
        List<String> commands = new ArrayList<>();
        Matcher found = Pattern.compile("\\./mooring ([^`\n#]+)").matcher(README);
        while (found.find()) {
            commands.add(found.group(1).strip());
        }
        return commands;
    }

    private static String bundledModel() throws IOException {
        return new YAMLMapper()
                .readTree(Project.read("server/src/main/resources/defaults/catalog.yaml"))
                .at("/models/0/id")
                .asText();
    }

    private static String defaultOf(String setting) {
        Matcher row =
                Pattern.compile("(?m)^\\| `" + setting + "` \\| `([^`]+)`")
                        .matcher(Project.read("docs/reference/settings.md"));
        assertThat(row.find()).as(setting).isTrue();
        return row.group(1);
    }

    private static String firstMatch(String pattern) {
        Matcher found = Pattern.compile(pattern).matcher(README);
        assertThat(found.find()).as("README.md has %s", pattern).isTrue();
        return found.group(1);
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("%s ends", command[0]).isTrue();
            assertThat(process.exitValue()).isZero();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            process.destroyForcibly();
        }
    }
}
