package mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The floor table of ARCHITECTURE.md is the rule, and the code keeps to it.
class FloorsTest {

    /// A request's steps between its door and its engine, which run on event loops.
    private static final Set<String> HOT =
            Floors.packages().stream()
                    .filter(
                            name ->
                                    Set.of("gateway", "relay", "admission", "routing", "auth")
                                                    .contains(name)
                                            || name.matches("engine(\\..*)?"))
                    .collect(Collectors.toSet());

    private static final Pattern DATABASE_LIBRARY =
            Pattern.compile(
                    "(java\\.sql|javax\\.sql|org\\.jdbi|com\\.zaxxer|org\\.postgresql|org\\.flywaydb)"
                            + "\\..*");

    @Test
    void everyPackageHasARowAndEveryRowAPackage() {
        assertThat(Floors.TABLE.keySet()).containsExactlyInAnyOrderElementsOf(Floors.packages());
    }

    @Test
    void aPackageImportsOnlyWhatItsRowLists() {
        assertThat(
                        offenders(
                                (from, to) ->
                                        !Floors.row(Floors.packageOf(from))
                                                .mayImport()
                                                .contains(Floors.packageOf(to))))
                .as("imports that the row in ARCHITECTURE.md does not list")
                .isEmpty();
    }

    @Test
    void aRowListsOnlyPackagesOfItsOwnFloorOrBelow() {
        for (Floors.Row row : Floors.TABLE.values()) {
            for (String imported : row.mayImport()) {
                assertThat(Floors.row(imported).floor())
                        .as("floor of %s, which %s imports", imported, row.name())
                        .isLessThanOrEqualTo(row.floor());
            }
        }
    }

    @Test
    void noPackageReachesItself() {
        for (Floors.Row row : Floors.TABLE.values()) {
            if (row.floor() == 7) {
                continue;
            }
            Set<String> reached = new TreeSet<>();
            List<String> open = new ArrayList<>(row.mayImport());
            while (!open.isEmpty()) {
                String next = open.removeLast();
                if (reached.add(next)) {
                    open.addAll(Floors.row(next).mayImport());
                }
            }
            assertThat(reached).as("what %s reaches", row.name()).doesNotContain(row.name());
        }
    }

    @Test
    void tablesOfTheDatabaseAreSeenByStoresAndTheRoofAlone() {
        assertThat(
                        offenders(
                                (from, to) ->
                                        Floors.packageOf(to).endsWith(".store")
                                                && !Floors.packageOf(from).endsWith(".store")
                                                && !Floors.packageOf(from).equals("app")))
                .isEmpty();
    }

    @Test
    void onlyTheRoofIsNotImported() {
        assertThat(offenders((_, to) -> Floors.packageOf(to).equals("app"))).isEmpty();
    }

    @Test
    void theRequestPathReachesNoDatabaseAndNoProcess() {
        assertThat(HOT).hasSizeGreaterThan(7);
        List<String> found = new ArrayList<>();
        for (JavaClass reached : Floors.reachedFrom(Floors.classesOf(HOT))) {
            String name = Floors.packageOf(reached);
            if (name.equals("sql")
                    || name.equals("process")
                    || name.equals("fleet")
                    || name.endsWith(".store")) {
                found.add(reached.getName());
            }
            reached.getDirectDependenciesFromSelf().stream()
                    .map(Dependency::getTargetClass)
                    .filter(target -> DATABASE_LIBRARY.matcher(target.getName()).matches())
                    .forEach(target -> found.add(reached.getName() + " → " + target.getName()));
        }
        assertThat(found).isEmpty();
    }

    @Test
    void theDatabasesLibrariesStayInTheStoresAndBelowTheRoof() {
        // admin asks a DataSource whether it answers; jobs hands one to its scheduler.
        Set<String> allowed = Set.of("sql", "app", "admin", "jobs");
        List<String> found = new ArrayList<>();
        for (JavaClass each : Floors.CODE) {
            String name = Floors.packageOf(each);
            if (!name.endsWith(".store") && !allowed.contains(name)) {
                each.getDirectDependenciesFromSelf().stream()
                        .map(Dependency::getTargetClass)
                        .filter(target -> DATABASE_LIBRARY.matcher(target.getName()).matches())
                        .forEach(target -> found.add(each.getName() + " → " + target.getName()));
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void nothingOnTheRequestPathWaitsOnAThread() {
        Pattern waits =
                Pattern.compile(
                        "java\\.lang\\.Thread\\.(sleep|join)|java\\.lang\\.Object\\.wait"
                                + "|java\\.util\\.concurrent\\.(Future|CompletableFuture)\\.(get|join)"
                                + "|java\\.util\\.concurrent\\.CountDownLatch\\.await"
                                + "|java\\.util\\.concurrent\\.Semaphore\\.acquire"
                                + "|java\\.util\\.concurrent\\.BlockingQueue\\.(put|take)"
                                + "|io\\.vertx\\.core\\.Future\\.await");
        Set<String> onLoops = new TreeSet<>(HOT);
        onLoops.add("api.openai");
        onLoops.add("http");
        assertThat(calls(name -> onLoops.contains(name), waits)).isEmpty();
    }

    @Test
    void onlyTimeReadsTheSystemClock() {
        Pattern reads =
                Pattern.compile(
                        "java\\.lang\\.System\\.(currentTimeMillis|nanoTime)"
                                + "|java\\.time\\.[A-Za-z]+\\.now|java\\.time\\.Clock\\.(system|tick).*"
                                + "|java\\.util\\.Date\\.<init>|java\\.util\\.Calendar\\.getInstance");
        assertThat(calls(name -> !name.equals("time"), reads)).isEmpty();
        assertThat(calls(name -> name.equals("time"), reads)).isNotEmpty();
    }

    @Test
    void anEngineNeverLearnsWhoTheCustomerIs() {
        Set<String> unknown = Set.of("accounts", "ledger", "metering", "rating", "money");
        Set<String> unknownIds = Set.of("OrganizationId", "KeyId", "WalletId", "PriceVersionId");
        assertThat(
                        offenders(
                                (from, to) ->
                                        Floors.packageOf(from).startsWith("engine")
                                                && (unknown.contains(Floors.packageOf(to))
                                                        || unknownIds.contains(
                                                                to.getSimpleName()))))
                .isEmpty();
    }

    @Test
    void onlyDoorsAndEnginesKnowADialect() {
        Pattern dialect =
                Pattern.compile(
                        "\"(prompt_tokens|completion_tokens|finish_reason|tool_calls|stream_options"
                                + "|choices|chat\\.completion(\\.chunk)?|include_usage)\"");
        List<String> found = new ArrayList<>();
        for (Path file : Project.files(Project.SERVER_MAIN, ".java")) {
            String name = Project.SERVER_MAIN.relativize(file).toString();
            if (!name.startsWith("mooring/api/")
                    && !name.startsWith("mooring/engine/")
                    && dialect.matcher(Project.read(file)).find()) {
                found.add(name);
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void nothingButTheLedgerWritesABalanceALeaseALotOrATransfer() {
        Pattern write =
                Pattern.compile(
                        "\\b(INSERT\\s+INTO|UPDATE|DELETE\\s+FROM|TRUNCATE|COPY|MERGE\\s+INTO)\\s+"
                                + "(wallet_balance|wallet|transfer|account|lease|credit_lot|lot_draw)\\b",
                        Pattern.CASE_INSENSITIVE);
        List<String> writers = new ArrayList<>();
        for (Path file : Project.files(Project.SERVER_MAIN, ".java")) {
            if (write.matcher(Project.read(file)).find()) {
                writers.add(Project.SERVER_MAIN.relativize(file).toString());
            }
        }
        assertThat(writers).isNotEmpty().allMatch(name -> name.startsWith("mooring/ledger/store/"));
    }

    /// Dependencies between our packages that are as described, one line each.
    private static List<String> offenders(BiPredicate<JavaClass, JavaClass> wrong) {
        return Floors.CODE.stream()
                .flatMap(each -> each.getDirectDependenciesFromSelf().stream())
                .filter(
                        dependency -> {
                            JavaClass from = dependency.getOriginClass();
                            JavaClass to = dependency.getTargetClass().getBaseComponentType();
                            return Floors.ours(to)
                                    && !Floors.packageOf(to).equals(Floors.packageOf(from))
                                    && wrong.test(from, to);
                        })
                .map(
                        dependency ->
                                dependency.getOriginClass().getName()
                                        + " → "
                                        + dependency.getTargetClass().getName())
                .distinct()
                .sorted()
                .toList();
    }

    /// Calls of, and references to, what the pattern names, in packages so chosen.
    private static Set<String> calls(Predicate<String> where, Pattern target) {
        return Floors.CODE.stream()
                .filter(each -> where.test(Floors.packageOf(each)))
                .flatMap(each -> each.getCodeUnitAccessesFromSelf().stream())
                .filter(
                        access ->
                                target.matcher(
                                                access.getTargetOwner().getName()
                                                        + "."
                                                        + access.getTarget().getName())
                                        .matches())
                .map(access -> access.getDescription())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
