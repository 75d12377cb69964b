package mooring.config;

import java.util.ArrayList;
import java.util.List;

/// What is wrong with one file, gathered while reading goes on, so that an operator sees it whole.
public final class Mistakes {

    /// Nobody reads more at once, and one slip can cause many.
    private static final int MAX_SHOWN = 20;

    private final String file;
    private final List<String> lines = new ArrayList<>();

    public Mistakes(String file) {
        this.file = file;
    }

    /// @param path the field, such as `models[0].id`; empty for the file as a whole
    public void add(int line, String path, String message) {
        lines.add(at(line) + (path.isEmpty() ? "" : path + ": ") + message);
    }

    /// The place of a line as people and editors write it: `catalog.yaml:12: `.
    public String at(int line) {
        return file + ":" + line + ": ";
    }

    public int count() {
        return lines.size();
    }

    /// @throws ConfigException when there is any
    public void throwIfAny() {
        if (lines.isEmpty()) {
            return;
        }
        if (lines.size() <= MAX_SHOWN) {
            throw new ConfigException(lines);
        }
        List<String> shown = new ArrayList<>(lines.subList(0, MAX_SHOWN));
        shown.add(file + ": and " + (lines.size() - MAX_SHOWN) + " more mistakes");
        throw new ConfigException(shown);
    }
}
