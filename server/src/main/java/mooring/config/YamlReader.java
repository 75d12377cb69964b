package mooring.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Strict YAML: one document, each name once, no aliases, and a line for everything.
final class YamlReader {

    /// No file of ours nests deeper than a handful of levels.
    private static final int MAX_DEPTH = 32;

    private static final YAMLFactory YAML =
            YAMLFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                    .build();

    private final YAMLParser parser;
    private final Mistakes mistakes;

    private YamlReader(YAMLParser parser, Mistakes mistakes) {
        this.parser = parser;
        this.mistakes = mistakes;
    }

    /// The mapping that the text holds; an empty text is an empty one.
    ///
    /// @throws ConfigException when the text is no YAML at all; other mistakes are added
    static Yaml.Mapping read(ConfigText text, Mistakes mistakes) {
        try (YAMLParser parser = YAML.createParser(text.text())) {
            return new YamlReader(parser, mistakes).document();
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            mistakes.add(line, "", "not YAML: " + reason(e));
            mistakes.throwIfAny();
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    private Yaml.Mapping document() throws IOException {
        Yaml.Mapping nothing = new Yaml.Mapping(1, Map.of());
        JsonToken token = parser.nextToken();
        if (token == null) {
            return nothing;
        }
        Yaml value = value(token, "");
        if (parser.nextToken() != null) {
            mistakes.add(line(), "", "a second document (expected: one)");
        }
        return switch (value) {
            case Yaml.Mapping mapping -> mapping;
            case Yaml.Scalar scalar when scalar.kind() == Yaml.Kind.NOTHING -> nothing;
            case Yaml.Sequence _, Yaml.Scalar _ -> {
                mistakes.add(
                        value.line(), "", value.shown() + " (expected: lines such as name: value)");
                yield nothing;
            }
        };
    }

    private Yaml value(JsonToken token, String path) throws IOException {
        int line = line();
        if (parser.isCurrentAlias()) {
            mistakes.add(line, path, "an alias (expected: the value itself)");
        }
        return switch (token) {
            case START_OBJECT -> mapping(line, path);
            case START_ARRAY -> sequence(line, path);
            case VALUE_NULL -> new Yaml.Scalar(line, Yaml.Kind.NOTHING, "");
            case VALUE_TRUE, VALUE_FALSE -> scalar(line, Yaml.Kind.BOOLEAN);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> scalar(line, Yaml.Kind.NUMBER);
            case VALUE_STRING, VALUE_EMBEDDED_OBJECT -> scalar(line, Yaml.Kind.TEXT);
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME ->
                    throw new IllegalStateException(token + " where a value begins");
        };
    }

    private Yaml.Scalar scalar(int line, Yaml.Kind kind) throws IOException {
        String text = parser.getText();
        return new Yaml.Scalar(line, text.isEmpty() ? Yaml.Kind.NOTHING : kind, text);
    }

    private Yaml.Mapping mapping(int line, String path) throws IOException {
        Map<String, Yaml.Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            int nameLine = line();
            String inner = path.isEmpty() ? name : path + "." + name;
            Yaml value = value(parser.nextToken(), inner);
            Yaml.Entry first = entries.putIfAbsent(name, new Yaml.Entry(nameLine, value));
            if (first != null) {
                mistakes.add(nameLine, inner, "a second time (first in line " + first.line() + ")");
            }
        }
        return new Yaml.Mapping(line, entries);
    }

    private Yaml.Sequence sequence(int line, String path) throws IOException {
        List<Yaml> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken();
                token != JsonToken.END_ARRAY;
                token = parser.nextToken()) {
            items.add(value(token, path + "[" + items.size() + "]"));
        }
        return new Yaml.Sequence(line, items);
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }

    /// What the parser says, without its pictures of the file, which are indented.
    private static String reason(JsonProcessingException e) {
        return e.getOriginalMessage()
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith(" "))
                .collect(Collectors.joining(", "));
    }
}
