package mooring.api.management;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Lines of comma-separated values after RFC 4180, safe to open in a spreadsheet.
final class Csv {

    private Csv() {}

    /// One line with its end; null is an empty cell.
    static String line(List<? extends @Nullable Object> cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            if (i > 0) {
                line.append(',');
            }
            Object cell = cells.get(i);
            if (cell instanceof String text) {
                append(line, text);
            } else if (cell != null) {
                line.append(cell);
            }
        }
        return line.append("\r\n").toString();
    }

    /// A text that a spreadsheet would take for a formula gets an apostrophe in front, which the
    /// spreadsheet does not show: callers choose some of these texts.
    private static void append(StringBuilder line, String text) {
        boolean formula = !text.isEmpty() && "=+-@\t\r\n".indexOf(text.charAt(0)) >= 0;
        boolean quoted =
                formula
                        || text.chars()
                                .anyMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
        if (!quoted) {
            line.append(text);
            return;
        }
        line.append('"');
        if (formula) {
            line.append('\'');
        }
        line.append(text.replace("\"", "\"\"")).append('"');
    }
}
