package mooring.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/// What a measurement found, line by line: the figure, the bar, and whether it holds.
final class Report {

    /// Broken cases shown of each line; the rest are counted.
    private static final int MAX_EXAMPLES = 5;

    /// @param timed whether a slow machine alone can miss it
    record Line(
            String what,
            String measured,
            String bar,
            boolean met,
            boolean timed,
            List<String> examples) {
        Line {
            examples = List.copyOf(examples);
        }
    }

    private final String setting;
    private final List<Line> lines = new ArrayList<>();
    private final List<Tally> tallies = new ArrayList<>();
    private String headline = "";

    /// @param setting what was run, in a few words
    Report(String setting) {
        this.setting = setting;
    }

    /// One rule that must hold in every case.
    static final class Tally {
        private final String what;
        private final List<String> examples = new ArrayList<>();
        private long cases;
        private long broken;

        private Tally(String what) {
            this.what = what;
        }

        /// @param example what was found and what was expected, for the first broken ones
        void expect(boolean holds, String example) {
            cases++;
            if (!holds) {
                broken++;
                if (examples.size() < MAX_EXAMPLES) {
                    examples.add(example);
                }
            }
        }

        void expectEqual(String of, Object found, Object expected) {
            expect(found.equals(expected), of + ": " + found + " (expected: " + expected + ")");
        }
    }

    Tally tally(String what) {
        Tally tally = new Tally(what);
        tallies.add(tally);
        return tally;
    }

    void line(String what, String measured, String bar, boolean met) {
        lines.add(new Line(what, measured, bar, met, false, List.of()));
    }

    /// A line that measures time or speed.
    void timedLine(String what, String measured, String bar, boolean met) {
        lines.add(new Line(what, measured, bar, met, true, List.of()));
    }

    /// A figure without a bar of its own: a control, a count.
    void note(String what, String measured) {
        lines.add(new Line(what, measured, "", true, false, List.of()));
    }

    /// The one figure for PERFORMANCE.md.
    void headline(String text) {
        headline = text;
    }

    String headline() {
        return headline;
    }

    String setting() {
        return setting;
    }

    boolean met() {
        return lines().stream().allMatch(Line::met);
    }

    /// The lines that are missed although no slow machine explains it.
    List<Line> wrong() {
        return lines().stream().filter(line -> !line.met() && !line.timed()).toList();
    }

    List<Line> lines() {
        List<Line> all = new ArrayList<>();
        for (Tally tally : tallies) {
            all.add(
                    new Line(
                            tally.what,
                            tally.broken + " broken of " + tally.cases,
                            "0 broken of at least 1",
                            tally.broken == 0 && tally.cases > 0,
                            false,
                            tally.examples));
        }
        all.addAll(lines);
        return all;
    }

    /// A Markdown table, which reads well as plain text too.
    String text(String name) {
        List<Line> all = lines();
        int what = widest(all.stream().map(Line::what).toList(), 4);
        int measured = widest(all.stream().map(Line::measured).toList(), 8);
        int bar = widest(all.stream().map(Line::bar).toList(), 3);
        String row = "| %-" + what + "s | %-" + measured + "s | %-" + bar + "s | %-6s |%n";
        StringBuilder text = new StringBuilder();
        text.append("%s: %s%n".formatted(name, setting));
        text.append("%s%n%n".formatted(Machine.now()));
        text.append(row.formatted("what", "measured", "bar", ""));
        text.append(
                row.formatted(
                        "-".repeat(what), "-".repeat(measured), "-".repeat(bar), "-".repeat(6)));
        for (Line line : all) {
            text.append(
                    row.formatted(
                            line.what(), line.measured(), line.bar(), line.met() ? "" : "MISSED"));
        }
        for (Line line : all) {
            line.examples().forEach(example -> text.append("  ! ").append(example).append('\n'));
        }
        text.append("%n%s%n".formatted(met() ? "The bar holds." : "The bar is missed."));
        return text.toString();
    }

    ObjectNode json(String name) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("name", name);
        json.put("setting", setting);
        json.put("met", met());
        json.put("headline", headline);
        json.put("cores", Machine.cores());
        json.put("load", Machine.load());
        ArrayNode array = json.putArray("lines");
        for (Line line : lines()) {
            ObjectNode object = array.addObject();
            object.put("what", line.what());
            object.put("measured", line.measured());
            object.put("bar", line.bar());
            object.put("met", line.met());
            line.examples().forEach(object.putArray("examples")::add);
        }
        return json;
    }

    private static int widest(List<String> cells, int least) {
        return Math.max(least, cells.stream().mapToInt(String::length).max().orElse(0));
    }
}
