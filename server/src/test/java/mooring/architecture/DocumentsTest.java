package mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What the pages name exists, and nothing in the project speaks of a machine it was made on.
class DocumentsTest {

    private static final Pattern FENCED = Pattern.compile("(?ms)^ *```.*?^ *```");
    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern TYPE =
            Pattern.compile("([A-Z]\\w*[a-z]\\w*)((?:\\.[A-Za-z]\\w*)*)(?:\\(.*\\))?");
    private static final Pattern DOTTED_PACKAGE = Pattern.compile("[a-z]+(\\.[a-z]+)+");
    private static final Pattern PATH = Pattern.compile("\\.?[\\w-]+(/[\\w.{},*-]+)+/?");
    private static final Pattern FLAG = Pattern.compile("(?<![\\w-])--([a-z][a-z-]+)");
    private static final Pattern DECLARED =
            Pattern.compile("\\b(?:class|interface|enum|record|@interface) ([A-Z]\\w*)");

    /// Code-marked words that look like our types and are somebody else's.
    private static final Set<String> FOREIGN =
            Set.of(
                    "Authorization",
                    "Bearer",
                    "BigInteger",
                    "ChatAnthropic",
                    "ChatOpenAI",
                    "EmbeddedPostgres",
                    "Host",
                    "Server",
                    "Thread",
                    "OpenAI");

    /// Folders of the project in which a path in a page must be found.
    private static final Set<String> FOLDERS =
            Set.of(
                    ".ci",
                    "bench",
                    "cli",
                    "deploy",
                    "docs",
                    "engines",
                    "server",
                    "simulator",
                    "tools",
                    "web");

    private final Map<String, String> types = types();

    @Test
    void everyLinkLeadsSomewhere() {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            Matcher link = LINK.matcher(prose(page));
            while (link.find()) {
                String target = link.group(1);
                String file = target.replaceFirst("#.*", "");
                if (!target.matches("[a-z]+:.*")
                        && !file.isEmpty()
                        && !Files.exists(page.resolveSibling(file).normalize())) {
                    broken.add(Project.name(page) + ": " + target);
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void everyTypeInAPageExistsWithItsMember() {
        List<String> unknown = new ArrayList<>();
        for (Path page : pages()) {
            for (String word : code(page)) {
                Matcher type = TYPE.matcher(word);
                if (!type.matches()
                        || (FOREIGN.contains(type.group(1)) && type.group(2).isEmpty())) {
                    continue;
                }
                String source = types.get(type.group(1));
                if (source == null) {
                    unknown.add(Project.name(page) + ": " + word);
                    continue;
                }
                for (String member : type.group(2).split("\\.")) {
                    if (!Pattern.compile("\\b" + member + "\\b").matcher(source).find()) {
                        unknown.add(Project.name(page) + ": " + word + " has no " + member);
                    }
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    @Test
    void everyPackageInAPageExists() {
        Set<String> packages = Floors.packages();
        Set<String> roots =
                packages.stream()
                        .map(name -> name.replaceFirst("\\..*", ""))
                        .collect(Collectors.toSet());
        List<String> unknown = new ArrayList<>();
        for (Path page : pages()) {
            for (String word : code(page)) {
                String name = word.replaceFirst("^mooring\\.", "");
                if (DOTTED_PACKAGE.matcher(name).matches()
                        && roots.contains(name.replaceFirst("\\..*", ""))
                        && !name.matches(".*\\.(yaml|md|json|java|sql|log|key)")
                        && !packages.contains(name)) {
                    unknown.add(Project.name(page) + ": " + word);
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    @Test
    void everyPathInAPageExists() {
        List<String> missing = new ArrayList<>();
        for (Path page : pages()) {
            for (String word : code(page)) {
                if (PATH.matcher(word).matches()
                        && FOLDERS.contains(word.replaceFirst("/.*", ""))
                        && !word.contains("*")
                        && !word.contains("/target")
                        && alternatives(word).stream()
                                .anyMatch(path -> !Files.exists(Project.ROOT.resolve(path)))) {
                    missing.add(Project.name(page) + ": " + word);
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void everyFlagInAPageIsTaken() {
        String known =
                Project.read("mooring")
                        + Project.read("docs/reference/cli.md")
                        + Project.read("docs/reference/settings.md")
                                .replaceAll("(?m)^\\| `([a-z-]+)`", "--$1")
                        + Project.read("engines/llamacpp/serve.py")
                        + Project.read("simulator/README.md");
        Set<String> taken = new HashSet<>(Set.of("no-deps", "require-hashes", "target"));
        FLAG.matcher(known).results().forEach(flag -> taken.add(flag.group(1)));
        List<String> unknown = new ArrayList<>();
        for (Path page : pages()) {
            // Maven has flags of its own, and so have other programs that ask a server.
            String text =
                    Project.read(page)
                            .replaceAll("(?m)^.*\\bmvn .*$", "")
                            .replaceAll("--openai-api-(base|key)", "");
            FLAG.matcher(text)
                    .results()
                    .filter(flag -> !taken.contains(flag.group(1)))
                    .forEach(flag -> unknown.add(Project.name(page) + ": " + flag.group()));
        }
        assertThat(unknown).isEmpty();
    }

    @Test
    void theArchitectureMentionsEveryPackage() {
        String text = Project.read("ARCHITECTURE.md");
        assertThat(Floors.packages()).allMatch(name -> text.contains("`" + name + "`"));
    }

    @Test
    void everyPageIsReachedFromTheReadme() {
        Set<Path> reached = new TreeSet<>();
        List<Path> open = new ArrayList<>(List.of(Project.ROOT.resolve("README.md")));
        while (!open.isEmpty()) {
            Path page = open.removeLast();
            if (page.toString().endsWith(".md") && Files.exists(page) && reached.add(page)) {
                LINK.matcher(prose(page))
                        .results()
                        .map(link -> link.group(1).replaceFirst("#.*", ""))
                        .filter(target -> !target.isEmpty() && !target.matches("[a-z]+:.*"))
                        .forEach(target -> open.add(page.resolveSibling(target).normalize()));
            }
        }
        assertThat(pages()).allMatch(reached::contains);
    }

    @Test
    void nothingSpeaksOfTheMachineThatItWasMadeOn() {
        Pattern machine =
                Pattern.compile(
                        "(?<![\\w./])/(work|root|home/\\w|Users/\\w|tmp/\\w)"
                                + "|\\b(pypi\\.org|registry\\.npmjs|repo1?\\.maven\\."
                                + "|files\\.pythonhosted|proxy\\.golang|artifactory|nexus)\\b"
                                + "|\\.m2/repository/\\w+/\\w+/\\w",
                        Pattern.CASE_INSENSITIVE);
        List<String> found = new ArrayList<>();
        for (Path file : texts()) {
            machine.matcher(Project.read(file))
                    .results()
                    .forEach(hit -> found.add(Project.name(file) + ": " + hit.group()));
        }
        assertThat(found).isEmpty();
    }

    @Test
    void nothingIsLeftToDoInACorner() {
        // Put together here, so that this file does not find itself.
        Pattern leftOver = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X|HACK)\\b");
        List<String> found = new ArrayList<>();
        for (Path file : texts()) {
            if (leftOver.matcher(Project.read(file)).find()) {
                found.add(Project.name(file));
            }
        }
        assertThat(found).isEmpty();
    }

    /// Pages for readers, all of them.
    private static List<Path> pages() {
        return Project.files(Project.ROOT, ".md");
    }

    private static List<Path> texts() {
        List<Path> texts =
                new ArrayList<>(
                        Project.files(
                                Project.ROOT,
                                ".md",
                                ".java",
                                ".yaml",
                                ".sql",
                                ".py",
                                ".sh",
                                ".txt",
                                "pom.xml"));
        texts.add(Project.ROOT.resolve("mooring"));
        texts.remove(
                Project.ROOT.resolve(
                        "server/src/test/java/mooring/architecture/DocumentsTest.java"));
        return texts;
    }

    private static String prose(Path page) {
        return FENCED.matcher(Project.read(page)).replaceAll("");
    }

    private static List<String> code(Path page) {
        return CODE.matcher(prose(page)).results().map(match -> match.group(1)).toList();
    }

    /// `a/{b,c}/d` is two paths.
    private static List<String> alternatives(String path) {
        Matcher braces = Pattern.compile("\\{([^}]*)}").matcher(path);
        if (!braces.find()) {
            return List.of(path);
        }
        List<String> all = new ArrayList<>();
        for (String each : braces.group(1).split(",")) {
            all.add(path.substring(0, braces.start()) + each + path.substring(braces.end()));
        }
        return all;
    }

    /// Every type of ours by its simple name, nested ones too, with the source that it stands in.
    private static Map<String, String> types() {
        Map<String, String> found = new HashMap<>();
        for (Path file : Project.files(Project.ROOT, ".java")) {
            String source = Project.read(file);
            DECLARED.matcher(source)
                    .results()
                    .forEach(type -> found.merge(type.group(1), source, String::concat));
        }
        return found;
    }
}
