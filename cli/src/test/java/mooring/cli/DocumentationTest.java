package mooring.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import mooring.cli.Shell.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/// The page about the command line, held to what the program is.
final class DocumentationTest {
    private static final Path PAGE = Path.of("..", "docs", "reference", "cli.md");
    private static final Path CONTRACT = Path.of("..", "docs", "api", "openapi.yaml");

    /// One way to put each command that ends well on the sample server.
    private static final Map<String, String> EXAMPLES =
            Map.ofEntries(
                    Map.entry("chat", "chat Hi"),
                    Map.entry("org create", "org create acme"),
                    Map.entry("org list", "org list"),
                    Map.entry("org zone", "org zone acme Pacific/Auckland"),
                    Map.entry("project create", "project create research --org acme"),
                    Map.entry("project list", "project list --org acme"),
                    Map.entry("budget set", "budget set --org acme --period month --limit 9"),
                    Map.entry("budget list", "budget list --org acme"),
                    Map.entry("budget remove", "budget remove bud_1 --org acme"),
                    Map.entry("org allow", "org allow acme 10.0.0.0/8"),
                    Map.entry("limits show", "limits show --org acme"),
                    Map.entry("limits set", "limits set --org acme --rpm 500"),
                    Map.entry("keys create", "keys create --org acme --name laptop"),
                    Map.entry("keys list", "keys list --org acme"),
                    Map.entry("keys revoke", "keys revoke key_1"),
                    Map.entry("topup", "topup acme 25.00 --reason welcome"),
                    Map.entry("wallet charge-back", "wallet charge-back acme 25 --reason fraud"),
                    Map.entry("wallet lots", "wallet lots acme"),
                    Map.entry("wallet transfers", "wallet transfers acme"),
                    Map.entry("voucher create", "voucher create 5.00 --reason welcome"),
                    Map.entry("voucher list", "voucher list"),
                    Map.entry("voucher revoke", "voucher revoke vch_1"),
                    Map.entry("voucher redeem", "voucher redeem acme MV-7Q2XK-1-2-3-4"),
                    Map.entry("usage", "usage --org acme --by model,day"),
                    Map.entry("requests list", "requests list --org acme"),
                    Map.entry("requests show", "requests show --org acme req_1"),
                    Map.entry("requests export", "requests export --org acme -"),
                    Map.entry(
                            "requests adjust",
                            "requests adjust --org acme --credit 0.000001 --reason cut --by Mere"
                                    + " req_1"),
                    Map.entry("models", "models"),
                    Map.entry("models --replicas", "models --replicas"),
                    Map.entry("model pull", "model pull acme/tiny-GGUF Tiny-Q4.gguf"),
                    Map.entry("prices show", "prices show"),
                    Map.entry("prices diff", "prices diff"),
                    Map.entry("prices publish", "prices publish"),
                    Map.entry("prices assign", "prices assign acme acme"),
                    Map.entry("prices assigned", "prices assigned acme"),
                    Map.entry("ledger verify", "ledger verify"),
                    Map.entry("node list", "node list"),
                    Map.entry("node lost", "node lost n1 --yes"),
                    Map.entry("backup", "backup backup.zip --force"),
                    Map.entry("config show", "config show"),
                    Map.entry("version", "version"));

    @TempDir Path folder = Path.of("");

    @Test
    void thePageNamesEveryCommandWithItsOperandsAndOptions() throws IOException {
        Map<String, String> documented = new LinkedHashMap<>();
        sections().forEach((heading, text) -> documented.put(heading, options(text)));
        Map<String, String> actual = new LinkedHashMap<>();
        collect(wholeTree(), actual);

        assertThat(documented).containsExactlyEntriesOf(actual);
        String common = Files.readString(PAGE).split("## Commands")[0];
        assertThat(options(common)).isEqualTo("--json | --data-dir DIR | --url URL | -h --help");
    }

    @Test
    void thePageNamesEveryFieldOfTheJsonThatACommandPrints() throws IOException {
        Map<String, String> sections = sections();
        for (Map.Entry<String, String> example : EXAMPLES.entrySet()) {
            String name = example.getKey();
            boolean replicas = name.endsWith(" --replicas");
            String command = name.replace(" --replicas", "");
            String section =
                    sections.entrySet().stream()
                            .filter(entry -> plain(entry.getKey()).equals(command))
                            .map(Map.Entry::getValue)
                            .findFirst()
                            .orElseThrow();
            String start = replicas ? "JSON with `--replicas`:" : "JSON:";
            String line = section.lines().filter(l -> l.startsWith(start)).findFirst().orElse("");
            Result result = run(example.getValue() + " --json");

            assertThat(result.err()).as(name).isEmpty();
            Set<String> printed = new TreeSet<>();
            fields(Objects.requireNonNull(Json.parse(result.out())), printed);
            if (command.equals("usage")) {
                printed.addAll(Set.of("key_id", "project_id", "tier", "class", "start"));
            }
            assertThat(quoted(line.substring(start.length()))).as(name).isEqualTo(printed);
        }
    }

    @Test
    void everyCallOfACommandIsInTheContract() throws IOException {
        Set<String> operations = operations();
        try (FakeServer server = Samples.server();
                FakeHub hub = hub()) {
            Shell shell = Shell.beside(folder, server).set("HF_ENDPOINT", hub.url());
            EXAMPLES.values().forEach(example -> shell.run(example.split(" ")));

            assertThat(server.asked()).hasSizeGreaterThanOrEqualTo(EXAMPLES.size());
            for (FakeServer.Asked asked : server.asked()) {
                String path =
                        asked.path()
                                .replaceAll("/org_[^/]+", "/{organization_id}")
                                .replaceAll("/req_[^/]+", "/{request_id}")
                                .replaceAll("/key_[^/]+", "/{key_id}")
                                .replaceAll("/nodes/[^/]+", "/nodes/{node_id}")
                                .replaceAll("/bkp_[^/]+", "/{backup_id}")
                                .replaceAll("/bud_[^/]+", "/{budget_id}")
                                .replaceAll("/vch_[^/]+", "/{voucher_id}");
                assertThat(operations).contains(asked.method() + " " + path);
            }
        }
    }

    @Test
    void everyCommandHasAnExampleHere() {
        Map<String, String> actual = new LinkedHashMap<>();
        collect(wholeTree(), actual);

        assertThat(
                        actual.keySet().stream()
                                .map(DocumentationTest::plain)
                                .collect(Collectors.toSet()))
                .isSubsetOf(EXAMPLES.keySet());
    }

    private Result run(String commandLine) throws IOException {
        try (FakeServer server = Samples.server();
                FakeHub hub = hub()) {
            return Shell.beside(folder, server)
                    .set("HF_ENDPOINT", hub.url())
                    .run(commandLine.split(" "));
        }
    }

    private static FakeHub hub() throws IOException {
        return new FakeHub(GgufBytes.tiny(4_096, 100));
    }

    /// The page's commands with their operands, as `topup ORG AMOUNT`, and what it says of each.
    private static Map<String, String> sections() throws IOException {
        Map<String, String> sections = new LinkedHashMap<>();
        for (String part : Files.readString(PAGE).split("\n### ")) {
            if (part.startsWith("`mooring ")) {
                String heading = part.substring("`mooring ".length(), part.indexOf('`', 1));
                sections.put(heading, part);
            }
        }
        return sections;
    }

    /// The first cells of the option tables, without their quotes.
    private static String options(String text) {
        return text.lines()
                .filter(line -> line.startsWith("| `-"))
                .map(line -> line.substring(2, line.indexOf(" |")).replaceAll("[`,]", ""))
                .collect(Collectors.joining(" | "));
    }

    private static Set<String> quoted(String line) {
        return Pattern.compile("`([a-z0-9_]+)`")
                .matcher(line)
                .results()
                .map((MatchResult result) -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static void fields(JsonNode node, Set<String> names) {
        node.properties()
                .forEach(
                        entry -> {
                            names.add(entry.getKey());
                            fields(entry.getValue(), names);
                        });
        if (node.isArray()) {
            node.forEach(element -> fields(element, names));
        }
    }

    /// `METHOD path` of everything in the contract.
    private static Set<String> operations() throws IOException {
        Set<String> operations = new TreeSet<>();
        String path = "";
        for (String line : Files.readAllLines(CONTRACT)) {
            if (line.matches("  /\\S+:")) {
                path = line.strip().replaceAll(":$", "");
            } else if (line.matches("    (get|post|patch|delete):")) {
                String method = line.strip().replace(":", "");
                operations.add(method.toUpperCase(Locale.ROOT) + " " + path);
            }
        }
        return operations;
    }

    private static CommandLine wholeTree() {
        PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream());
        return Commands.line(
                new Surroundings(
                        Map.of(),
                        Path.of(""),
                        new ByteArrayInputStream(new byte[0]),
                        nowhere,
                        nowhere,
                        () -> true,
                        () -> false));
    }

    /// Every command that does something, as the page's headings have it, with its own options.
    private static void collect(CommandLine line, Map<String, String> commands) {
        var spec = line.getCommandSpec();
        if (line.getSubcommands().isEmpty()) {
            String operands =
                    spec.positionalParameters().stream()
                            .map(p -> p.arity().min() == 0 ? "[%s]" : "%s")
                            .collect(Collectors.joining(" "));
            Object[] labels =
                    spec.positionalParameters().stream().map(p -> p.paramLabel()).toArray();
            String name = spec.qualifiedName().replace("mooring ", "");
            commands.put(
                    (name + " " + operands.formatted(labels)).strip(),
                    spec.options().stream()
                            .filter(DocumentationTest::own)
                            .map(
                                    o ->
                                            o.longestName()
                                                    + (o.arity().max() == 0
                                                            ? ""
                                                            : " " + o.paramLabel()))
                            .collect(Collectors.joining(" | ")));
        }
        line.getSubcommands().values().forEach(sub -> collect(sub, commands));
    }

    private static boolean own(OptionSpec option) {
        return !Set.of("--json", "--data-dir", "--url", "--help").contains(option.longestName());
    }

    private static String plain(String heading) {
        return Arrays.stream(heading.split(" "))
                .filter(word -> word.matches("[a-z]+(-[a-z]+)?"))
                .collect(Collectors.joining(" "));
    }
}
