package mooring.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/// A few facts, one a line: the name, then the value, aligned.
final class Fields {
    private record Field(String name, String value) {}

    private final List<Field> fields = new ArrayList<>();

    private Fields() {}

    static Fields of(String name, String value) {
        return new Fields().add(name, value);
    }

    Fields add(String name, String value) {
        fields.add(new Field(name, Text.oneLine(value)));
        return this;
    }

    void print(PrintStream out) {
        int width = fields.stream().mapToInt(field -> field.name().length()).max().orElse(0);
        for (Field field : fields) {
            String space = " ".repeat(width - field.name().length() + 2);
            out.println(field.name() + space + field.value());
        }
    }
}
