package mooring.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// PERFORMANCE.md, where each measurement keeps one row between the markers.
final class PerformancePage {

    static final String BEGIN = "<!-- measured: begin -->";
    static final String END = "<!-- measured: end -->";

    private static final int TITLE_LINES = 2;

    private PerformancePage() {}

    static void write(Project project, String name, List<String> words, Report report)
            throws IOException, InterruptedException {
        String row =
                "| `%s` | %s | %s | %s | `./mooring verify %s` | %s | %d cores, load %s |"
                        .formatted(
                                name,
                                report.headline(),
                                report.met() ? "holds" : "**missed**",
                                commit(project),
                                words.isEmpty() ? name : String.join(" ", words),
                                Machine.today(),
                                Machine.cores(),
                                Machine.decimal(Machine.load(), 1));
        String page = Files.readString(project.performancePage());
        Files.writeString(project.performancePage(), withRow(page, name, row));
    }

    /// The page with this measurement's row replaced, or added in the order of names.
    static String withRow(String page, String name, String row) {
        int begin = page.indexOf(BEGIN);
        int end = page.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalStateException("PERFORMANCE.md: no markers " + BEGIN + " … " + END);
        }
        List<String> lines =
                new ArrayList<>(
                        page.substring(begin + BEGIN.length(), end).strip().lines().toList());
        List<String> rows = new ArrayList<>(lines.subList(TITLE_LINES, lines.size()));
        rows.removeIf(line -> line.startsWith("| `" + name + "` |"));
        rows.add(row);
        rows.sort(null);
        return page.substring(0, begin)
                + BEGIN
                + "\n"
                + String.join("\n", lines.subList(0, TITLE_LINES))
                + "\n"
                + String.join("\n", rows)
                + "\n"
                + page.substring(end);
    }

    private static String commit(Project project) throws IOException, InterruptedException {
        String commit = git(project, "rev-parse", "--short=10", "HEAD");
        String changed =
                git(project, "status", "--porcelain", "--", ".", ":!PERFORMANCE.md", ":!target");
        return commit.isEmpty() ? "unknown" : changed.isEmpty() ? commit : commit + " + changes";
    }

    private static String git(Project project, String... words)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git", "-C", project.home().toString()));
        command.addAll(List.of(words));
        Process git =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0 ? said.strip() : "";
    }
}
