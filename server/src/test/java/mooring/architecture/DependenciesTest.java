package mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/// What is built with today is what is built with tomorrow, and the build knows nothing worth
/// stealing.
class DependenciesTest {

    @Test
    void g38DependenciesAndPluginsHaveOneVersionEach() throws Exception {
        Set<String> pinned = new HashSet<>();
        List<String> loose = new ArrayList<>();
        List<Element> used = new ArrayList<>();
        for (Path pom : poms()) {
            Document document =
                    DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile());
            for (String kind : List.of("dependency", "plugin")) {
                for (Element element : elements(document, kind)) {
                    String version = child(element, "version");
                    String name = kind + " " + child(element, "artifactId");
                    used.add(element);
                    if (version.isEmpty()) {
                        continue;
                    }
                    pinned.add(name);
                    if (!version.matches("\\$\\{[a-z.-]+}|[0-9][0-9A-Za-z.-]*")
                            || version.contains("SNAPSHOT")) {
                        loose.add(name + " " + version);
                    }
                }
            }
            for (String elsewhere :
                    List.of("repository", "pluginRepository", "distributionManagement")) {
                assertThat(elements(document, elsewhere)).as(pom + ": " + elsewhere).isEmpty();
            }
            Element properties = elements(document, "properties").stream().findFirst().orElse(null);
            for (Element property : properties == null ? List.<Element>of() : of(properties)) {
                if (property.getTagName().endsWith(".version")
                        && !property.getTextContent().matches("[0-9][0-9A-Za-z.-]*")) {
                    loose.add(property.getTagName() + " " + property.getTextContent());
                }
            }
        }
        for (Element element : used) {
            String name = element.getTagName() + " " + child(element, "artifactId");
            if (!pinned.contains(name) && !imported(child(element, "groupId"))) {
                loose.add(name + " without a version");
            }
        }
        assertThat(used).hasSizeGreaterThan(30);
        assertThat(loose).isEmpty();
    }

    @Test
    void whatIsFetchedBesideMavenIsCheckedByItsHash() throws Exception { // G38
        List<Path> lists = Project.files(Project.ROOT.resolve("engines"), "requirements.txt");
        assertThat(lists).isNotEmpty();
        for (Path list : lists) {
            String text = Files.readString(list).replace("\\\n", " ");
            for (String line : text.lines().filter(each -> !each.startsWith("#")).toList()) {
                if (!line.isBlank()) {
                    assertThat(line).as(list.toString()).contains("==").contains("--hash=sha256:");
                }
            }
        }
    }

    @Test
    void whatContinuousIntegrationRunsAsksForNoSecret() throws Exception { // G38
        try (Stream<Path> files = Files.walk(Project.ROOT.resolve(".ci"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file))
                        .as(file.toString())
                        .doesNotContainPattern("(?i)secret|token|password|api_key");
            }
        }
    }

    /// Groups whose versions come from a list of theirs that is imported, in one version.
    private static boolean imported(String group) {
        return group.startsWith("com.fasterxml.jackson.")
                || List.of("io.netty", "io.vertx", "org.junit.jupiter").contains(group);
    }

    private static List<Path> poms() {
        return Project.files(Project.ROOT, "pom.xml").stream()
                .filter(file -> !Project.name(file).contains("/target/"))
                .toList();
    }

    private static List<Element> elements(Document document, String name) {
        NodeList found = document.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    private static List<Element> of(Element parent) {
        List<Element> children = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element) {
                children.add(element);
            }
        }
        return children;
    }

    private static String child(Element parent, String name) {
        return of(parent).stream()
                .filter(element -> element.getTagName().equals(name))
                .map(element -> element.getTextContent().strip())
                .findFirst()
                .orElse("");
    }
}
