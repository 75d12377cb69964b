package mooring.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/// Rows under headings, aligned by spaces alone, so that it copies and greps well.
final class Table {
    private static final String GAP = "  ";

    private final List<Column> columns;
    private final List<List<String>> rows = new ArrayList<>();

    private Table(List<Column> columns) {
        this.columns = columns;
    }

    private record Column(String heading, boolean number) {}

    /// A heading that begins with `>` is a column of numbers, aligned to the right.
    static Table of(String... headings) {
        List<Column> columns = new ArrayList<>();
        for (String heading : headings) {
            boolean number = heading.startsWith(">");
            columns.add(new Column(number ? heading.substring(1) : heading, number));
        }
        return new Table(List.copyOf(columns));
    }

    Table row(List<String> cells) {
        if (cells.size() != columns.size()) {
            throw new IllegalArgumentException(
                    "cells: " + cells.size() + " (expected: " + columns.size() + ")");
        }
        rows.add(cells.stream().map(Text::oneLine).toList());
        return this;
    }

    Table row(String... cells) {
        return row(List.of(cells));
    }

    void print(PrintStream out) {
        List<String> headings = columns.stream().map(Column::heading).toList();
        int[] widths = new int[columns.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = width(headings.get(i));
            for (List<String> row : rows) {
                widths[i] = Math.max(widths[i], width(row.get(i)));
            }
        }
        out.println(line(headings, widths));
        for (List<String> row : rows) {
            out.println(line(row, widths));
        }
    }

    private String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String space = " ".repeat(widths[i] - width(cells.get(i)));
            if (i > 0) {
                line.append(GAP);
            }
            line.append(columns.get(i).number() ? space + cells.get(i) : cells.get(i) + space);
        }
        return line.toString().stripTrailing();
    }

    /// How many places a terminal gives the text: two for each Chinese, Japanese or Korean
    /// character, none for a combining mark.
    static int width(String text) {
        return text.codePoints().map(Table::width).sum();
    }

    private static int width(int codePoint) {
        int type = Character.getType(codePoint);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
            return 0;
        }
        boolean wide =
                Character.isIdeographic(codePoint)
                        || (codePoint >= 0x1100 && codePoint <= 0x115F)
                        || (codePoint >= 0x2E80 && codePoint <= 0x303E)
                        || (codePoint >= 0x3041 && codePoint <= 0xA4CF)
                        || (codePoint >= 0xAC00 && codePoint <= 0xD7A3)
                        || (codePoint >= 0xFF00 && codePoint <= 0xFF60)
                        || (codePoint >= 0x1F300 && codePoint <= 0x1FAFF);
        return wide ? 2 : 1;
    }
}
