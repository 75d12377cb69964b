package mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Faults that other products shipped each have a test here, and none is lost unnoticed.
///
/// A test says which it guards against by the beginning of its name (`b12OverlappingPrices…`) or
/// behind it (`// G8 B34`): B stands for a fault of billing, G for one of a gateway.
class LessonsTest {

    static final List<String> ROWS =
            List.of(
                    "B8", "B11", "B12", "B13", "B14", "B16", "B17", "B18", "B19", "B23", "B24",
                    "B25", "B27", "B28", "B29", "B30", "B31", "B32", "B33", "B34", "B35", "B36",
                    "B37", "B39", "B40", "G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9",
                    "G10", "G11", "G12", "G13", "G14", "G15", "G16", "G17", "G18", "G19", "G20",
                    "G21", "G22", "G23", "G24", "G25", "G26", "G27", "G28", "G29", "G30", "G31",
                    "G32", "G33", "G34", "G35", "G36", "G37", "G38");

    private static final Pattern METHOD =
            Pattern.compile("^    (?:public )?void (\\w+)\\([^/]*(?:// ((?:[BG]\\d+ ?)+))?$");

    private static final Pattern ROW = Pattern.compile("[bgBG]\\d+");

    private static final Set<String> GUARDED = guarded();

    @ParameterizedTest
    @FieldSource("ROWS")
    void aFaultOfOthersHasATest(String row) {
        assertThat(GUARDED).contains(row);
    }

    private static Set<String> guarded() {
        Set<String> found = new TreeSet<>();
        Project.files(Project.ROOT, "Test.java").stream()
                .filter(file -> Project.name(file).contains("src/test/java"))
                .flatMap(file -> Project.read(file).lines())
                .map(METHOD::matcher)
                .filter(Matcher::find)
                .forEach(
                        method -> {
                            Matcher leading = ROW.matcher(method.group(1));
                            while (leading.lookingAt()) {
                                found.add(leading.group().toUpperCase(Locale.ROOT));
                                leading.region(leading.end(), method.group(1).length());
                            }
                            String behind = method.group(2);
                            if (behind != null) {
                                found.addAll(List.of(behind.strip().split(" ")));
                            }
                        });
        return found;
    }
}
