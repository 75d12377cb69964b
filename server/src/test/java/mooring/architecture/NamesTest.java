package mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Names say what a thing is, and every thing says it in a sentence.
class NamesTest {

    /// Words that say nothing of what a type is for.
    private static final Pattern EMPTY_NAME =
            Pattern.compile(".*(Impl|Manager|Helper|Helpers|Util|Utils)");

    private static final Pattern PUBLIC_TYPE =
            Pattern.compile(
                    "^public (?:(?:abstract|final|sealed|non-sealed) )*"
                            + "(?:class|interface|enum|record|@interface) (\\w+)",
                    Pattern.MULTILINE);

    @Test
    void noTypeIsNamedAfterNothing() {
        assertThat(sources().stream().map(NamesTest::typeName))
                .noneMatch(name -> EMPTY_NAME.matcher(name).matches());
    }

    @Test
    void everyPackageSaysInASentenceWhatItIsAndKnowsNoNulls() {
        for (Path folder : sources().stream().map(Path::getParent).distinct().toList()) {
            Path file = folder.resolve("package-info.java");
            assertThat(file).as(Project.name(folder)).exists();
            String text = Project.read(file);
            assertThat(text).as(Project.name(file)).contains("@NullMarked");
            assertThat(documentation(text, text.indexOf("@NullMarked")))
                    .as("sentence of %s", Project.name(file))
                    .contains(".");
        }
    }

    @Test
    void everyPublicTypeSaysInASentenceWhatItIs() {
        List<String> silent = new ArrayList<>();
        for (Path file : sources()) {
            String text = Project.read(file);
            Matcher type = PUBLIC_TYPE.matcher(text);
            if (type.find() && !documentation(text, type.start()).contains(".")) {
                silent.add(Project.name(file));
            }
        }
        assertThat(silent).as("public types without a first sentence in ///").isEmpty();
    }

    @Test
    void oneNameMeansOneTypeInTheServer() {
        Map<String, List<String>> byName = new HashMap<>();
        for (Path file : Project.files(Project.SERVER_MAIN, ".java")) {
            if (PUBLIC_TYPE.matcher(Project.read(file)).find()) {
                byName.computeIfAbsent(typeName(file), _ -> new ArrayList<>())
                        .add(Project.name(file));
            }
        }
        assertThat(byName.values()).allSatisfy(files -> assertThat(files).hasSize(1));
    }

    /// The text of the `///` lines above a place in a file, with nothing but annotations between.
    private static String documentation(String text, int at) {
        List<String> above = text.substring(0, at).lines().toList();
        StringBuilder found = new StringBuilder();
        for (int i = above.size() - 1; i >= 0; i--) {
            String line = above.get(i);
            if (line.startsWith("///")) {
                found.insert(0, line.substring(3) + " ");
            } else if (!found.isEmpty() || line.isBlank() || line.matches(".*[;}]")) {
                break;
            }
        }
        return found.toString();
    }

    private static String typeName(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }

    private static List<Path> sources() {
        List<Path> found = new ArrayList<>();
        for (String module : List.of("server", "cli", "simulator", "bench")) {
            Path main = Project.ROOT.resolve(module).resolve("src/main/java");
            if (Files.isDirectory(main)) {
                found.addAll(Project.files(main, ".java"));
            }
        }
        assertThat(found).hasSizeGreaterThan(100);
        return found;
    }
}
