package mooring.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A part of a YAML file that is read field by field. What was never asked for is a mistake.
///
/// A field that cannot be used is noted and read as if it were absent, so that reading goes on to
/// the next mistake; nothing may be made of a section when [#sound] says false.
public final class YamlSection {

    private final Mistakes mistakes;
    private final int mistakesBefore;
    private final String path;
    private final Yaml.Mapping mapping;
    private final boolean usable;
    private final Set<String> asked = new LinkedHashSet<>();

    private YamlSection(Mistakes mistakes, String path, Yaml.Mapping mapping, boolean usable) {
        this.mistakes = mistakes;
        this.mistakesBefore = mistakes.count();
        this.path = path;
        this.mapping = mapping;
        this.usable = usable;
    }

    /// A whole file.
    ///
    /// @throws ConfigException when it is no YAML
    public static YamlSection read(ConfigText text, Mistakes mistakes) {
        return new YamlSection(mistakes, "", YamlReader.read(text, mistakes), true);
    }

    /// Where a field of this section is, for messages: `models[0].id`.
    public String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    public boolean has(String name) {
        return find(name) != null;
    }

    /// The line of a field, or of the section when it has no such field.
    public int line(String name) {
        Yaml.Entry entry = mapping.entries().get(name);
        return entry == null ? mapping.line() : entry.value().line();
    }

    /// The names in this section, for one whose names the operator chooses.
    public List<String> names() {
        return List.copyOf(mapping.entries().keySet());
    }

    /// Notes that a field must not be as it is.
    public void refuse(String name, Object value, String expected) {
        refuse(line(name), path(name), value.toString(), expected);
    }

    /// Notes that a field which must be there is not.
    public void missing(String name, String expected) {
        if (usable) {
            mistakes.add(mapping.line(), path(name), "missing (expected: " + expected + ")");
        }
    }

    public @Nullable String text(String name, String expected) {
        Yaml value = find(name);
        return value == null ? null : text(path(name), value, expected);
    }

    public int whole(String name, int min, int max, int absent) {
        Yaml value = find(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof Yaml.Scalar(_, Yaml.Kind kind, String text)
                && kind == Yaml.Kind.NUMBER
                && text.matches("0|-?[1-9][0-9]{0,9}")) {
            long number = Long.parseLong(text);
            if (number >= min && number <= max) {
                return (int) number;
            }
        }
        refuse(name, value.shown(), "a whole number " + min + ".." + max);
        return absent;
    }

    public @Nullable Double number(String name) {
        Yaml value = find(name);
        if (value == null) {
            return null;
        }
        if (value instanceof Yaml.Scalar(_, Yaml.Kind kind, String text)
                && kind == Yaml.Kind.NUMBER
                && text.matches("-?[0-9]{1,12}(\\.[0-9]{1,12})?")) {
            return new BigDecimal(text).doubleValue();
        }
        refuse(name, value.shown(), "a number");
        return null;
    }

    public boolean flag(String name, boolean absent) {
        Yaml value = find(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof Yaml.Scalar(_, Yaml.Kind kind, String text)
                && kind == Yaml.Kind.BOOLEAN) {
            return Boolean.parseBoolean(text);
        }
        refuse(name, value.shown(), "true or false");
        return absent;
    }

    /// The raw value, for a field with rules of its own.
    public Yaml.@Nullable Scalar scalar(String name, String expected) {
        Yaml value = find(name);
        return switch (value) {
            case null -> null;
            case Yaml.Scalar scalar -> scalar;
            case Yaml.Mapping _, Yaml.Sequence _ -> {
                refuse(name, value.shown(), expected);
                yield null;
            }
        };
    }

    /// A list of texts; empty when absent.
    public List<String> texts(String name, String expected) {
        List<String> texts = new ArrayList<>();
        List<Yaml> items = items(name);
        for (int i = 0; i < items.size(); i++) {
            String text = text(path(name) + "[" + i + "]", items.get(i), expected);
            if (text != null) {
                texts.add(text);
            }
        }
        return texts;
    }

    /// One of an enum's values in small letters.
    public <E extends Enum<E>> @Nullable E choice(String name, Class<E> type) {
        Yaml value = find(name);
        return value == null ? null : choice(path(name), value, type);
    }

    /// A list of an enum's values in small letters; empty when absent.
    public <E extends Enum<E>> Set<E> choices(String name, Class<E> type) {
        Set<E> choices = EnumSet.noneOf(type);
        List<Yaml> items = items(name);
        for (int i = 0; i < items.size(); i++) {
            E choice = choice(path(name) + "[" + i + "]", items.get(i), type);
            if (choice != null) {
                choices.add(choice);
            }
        }
        return choices;
    }

    /// Names with texts; empty when absent.
    public Map<String, String> textMap(String name, String expected) {
        Map<String, String> texts = new LinkedHashMap<>();
        YamlSection section = section(name);
        for (String key : section.names()) {
            String text = section.text(key, expected);
            if (text != null) {
                texts.put(key, text);
            }
        }
        return texts;
    }

    /// A part with fields of its own; empty when absent.
    public YamlSection section(String name) {
        Yaml value = find(name);
        return value == null
                ? new YamlSection(
                        mistakes, path(name), new Yaml.Mapping(mapping.line(), Map.of()), true)
                : section(path(name), value);
    }

    /// A list of parts; empty when absent.
    public List<YamlSection> sections(String name) {
        List<YamlSection> sections = new ArrayList<>();
        List<Yaml> items = items(name);
        for (int i = 0; i < items.size(); i++) {
            sections.add(section(path(name) + "[" + i + "]", items.get(i)));
        }
        return sections;
    }

    /// Notes every field that nothing asked for. Called once, after the last field.
    public void finish() {
        mapping.entries()
                .forEach(
                        (name, entry) -> {
                            if (!asked.contains(name)) {
                                mistakes.add(entry.line(), path(name), unknown(name));
                            }
                        });
    }

    /// Whether nothing was noted since this section was begun.
    public boolean sound() {
        return usable && mistakes.count() == mistakesBefore;
    }

    private String unknown(String name) {
        String meant = Nearest.close(name, asked);
        return meant == null
                ? "unknown field (expected one of: " + String.join(", ", asked) + ")"
                : "unknown field (did you mean " + meant + "?)";
    }

    private @Nullable Yaml find(String name) {
        asked.add(name);
        Yaml.Entry entry = mapping.entries().get(name);
        return entry == null ? null : entry.value();
    }

    private @Nullable String text(String where, Yaml value, String expected) {
        if (value instanceof Yaml.Scalar(_, Yaml.Kind kind, String text)
                && kind == Yaml.Kind.TEXT
                && !text.isEmpty()) {
            return text;
        }
        boolean bare =
                value instanceof Yaml.Scalar scalar
                        && (scalar.kind() == Yaml.Kind.NUMBER
                                || scalar.kind() == Yaml.Kind.BOOLEAN);
        refuse(value.line(), where, value.shown(), bare ? expected + ", in quotes" : expected);
        return null;
    }

    private <E extends Enum<E>> @Nullable E choice(String where, Yaml value, Class<E> type) {
        Map<String, E> words = Words.of(type);
        String expected = String.join(", ", words.keySet());
        String text = text(where, value, expected);
        if (text == null) {
            return null;
        }
        E choice = words.get(text);
        if (choice == null) {
            refuse(value.line(), where, value.shown(), expected);
        }
        return choice;
    }

    private List<Yaml> items(String name) {
        Yaml value = find(name);
        return switch (value) {
            case null -> List.of();
            case Yaml.Sequence sequence -> sequence.items();
            case Yaml.Mapping _, Yaml.Scalar _ -> {
                refuse(name, value.shown(), "a list");
                yield List.of();
            }
        };
    }

    private YamlSection section(String where, Yaml value) {
        return switch (value) {
            case Yaml.Mapping inner -> new YamlSection(mistakes, where, inner, true);
            case Yaml.Sequence _, Yaml.Scalar _ -> {
                refuse(value.line(), where, value.shown(), "names with values");
                Yaml.Mapping nothing = new Yaml.Mapping(value.line(), Map.of());
                yield new YamlSection(mistakes, where, nothing, false);
            }
        };
    }

    private void refuse(int line, String where, String shown, String expected) {
        mistakes.add(line, where, shown + " (expected: " + expected + ")");
    }
}
