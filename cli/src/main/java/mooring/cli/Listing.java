package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// How a list of the API's is shown as a table: which field of a row stands under which heading.
final class Listing {
    private final List<String> headings = new ArrayList<>();
    private final List<Function<JsonNode, String>> cells = new ArrayList<>();

    private Listing() {}

    /// A listing with its first column.
    static Listing of(String heading, String field) {
        return new Listing().add(heading, field);
    }

    /// A column more; a heading that begins with `>` is one of numbers.
    Listing add(String heading, String field) {
        return add(heading, row -> Json.text(row, field));
    }

    /// A column whose text is made of the row.
    Listing add(String heading, Function<JsonNode, String> cell) {
        headings.add(heading);
        cells.add(cell);
        return this;
    }

    /// Prints the rows of a list, which stand in its `data`.
    void print(ObjectNode list, PrintStream out) {
        Table table = Table.of(headings.toArray(String[]::new));
        for (JsonNode row : list.path("data")) {
            table.row(cells.stream().map(cell -> cell.apply(row)).toList());
        }
        table.print(out);
    }
}
