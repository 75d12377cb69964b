package mooring.bench;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// One program of the list: measures, prints its table, keeps its row in PERFORMANCE.md.
abstract class Measurement implements Callable<Integer> {

    @Option(names = "--json", description = "print the findings as JSON")
    private boolean json;

    @Option(names = "--no-record", description = "leave PERFORMANCE.md as it is")
    private boolean noRecord;

    @Spec private @org.jspecify.annotations.Nullable CommandSpec spec;

    /// @param bench everything started or written there ends with it
    abstract Report measure(Workbench bench) throws Exception;

    /// Whether it ran with at least the counts that its bar names; only then its row is kept.
    abstract boolean fullSize();

    @Override
    public Integer call() throws Exception {
        CommandSpec own = spec;
        String name = own == null ? "measurement" : own.name();
        List<String> words =
                own == null
                        ? List.of()
                        : own.commandLine().getParseResult().originalArgs().stream()
                                .filter(word -> !word.equals("--json"))
                                .toList();
        Report report;
        try (Workbench bench = Workbench.open(name)) {
            report = measure(bench);
            if (!report.met()) {
                bench.keep();
            }
        }
        System.out.print(json ? report.json(name).toPrettyString() + "\n" : report.text(name));
        if (!noRecord && fullSize()) {
            PerformancePage.write(Project.find(), name, words, report);
        } else if (!noRecord) {
            System.err.println("Not kept in PERFORMANCE.md: smaller than the bar asks for.");
        }
        return report.met() ? 0 : 1;
    }
}
