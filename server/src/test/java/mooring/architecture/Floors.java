package mooring.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The floor table of ARCHITECTURE.md, and the compiled code that it speaks of.
final class Floors {

    private static final String ROOT = "mooring.";

    /// What the roof's row says in place of a list.
    private static final String EVERYTHING = "every package";

    static final JavaClasses CODE =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
                    // A program of its own, beside which the tests run.
                    .withImportOption(location -> !location.contains("/mooring/simulator/"))
                    .importPackages("mooring");

    /// @param mayImport packages by their short names
    record Row(int floor, String name, Set<String> mayImport) {}

    static final Map<String, Row> TABLE = table();

    private Floors() {}

    private static Map<String, Row> table() {
        List<List<String>> rows = Project.table("ARCHITECTURE.md", "Floor");
        Set<String> all =
                rows.stream().map(row -> unmarked(row.get(1))).collect(Collectors.toSet());
        Map<String, Row> table = new LinkedHashMap<>();
        for (List<String> row : rows) {
            int floor = Integer.parseInt(row.get(0).substring(0, 1));
            String name = unmarked(row.get(1));
            Set<String> mayImport =
                    row.get(3).equals(EVERYTHING)
                            ? all
                            : Stream.of(row.get(3).split(" "))
                                    .filter(word -> !word.equals("–"))
                                    .map(Floors::unmarked)
                                    .collect(Collectors.toSet());
            if (table.put(name, new Row(floor, name, mayImport)) != null) {
                throw new AssertionError("ARCHITECTURE.md has two rows for " + name);
            }
        }
        return table;
    }

    static Row row(String name) {
        Row row = TABLE.get(name);
        if (row == null) {
            throw new AssertionError("ARCHITECTURE.md's floor table has no row for " + name);
        }
        return row;
    }

    private static String unmarked(String cell) {
        if (!cell.matches("`[a-z.]+`")) {
            throw new AssertionError("floor table: " + cell + " (expected: a package in `code`)");
        }
        return cell.substring(1, cell.length() - 1);
    }

    /// The short name of a class's package: `engine.wire`.
    static String packageOf(JavaClass javaClass) {
        return javaClass.getPackageName().substring(ROOT.length());
    }

    static boolean ours(JavaClass javaClass) {
        return javaClass.getPackageName().startsWith(ROOT);
    }

    static Collection<JavaClass> classesOf(Set<String> packages) {
        return CODE.stream().filter(each -> packages.contains(packageOf(each))).toList();
    }

    static Set<String> packages() {
        return CODE.stream().map(Floors::packageOf).collect(Collectors.toCollection(TreeSet::new));
    }

    /// All classes that these reach through our own code, themselves included.
    static Set<JavaClass> reachedFrom(Collection<JavaClass> start) {
        Set<JavaClass> reached = new TreeSet<>((a, b) -> a.getName().compareTo(b.getName()));
        Deque<JavaClass> open = new ArrayDeque<>(start);
        while (!open.isEmpty()) {
            JavaClass next = open.pop();
            if (reached.add(next)) {
                next.getDirectDependenciesFromSelf().stream()
                        .map(Dependency::getTargetClass)
                        .map(JavaClass::getBaseComponentType)
                        .filter(Floors::ours)
                        .forEach(open::push);
            }
        }
        return reached;
    }
}
