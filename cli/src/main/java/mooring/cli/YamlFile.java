package mooring.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An operator's `catalog.yaml` or `prices.yaml`, which gets one more entry under `models` and
/// keeps every other character.
///
/// @param shown how messages call it
/// @param text its content; of the file that comes with Mooring when there is none yet
/// @param tree the same, read
record YamlFile(Path path, String shown, String text, boolean exists, ObjectNode tree) {
    private static final int MAX_BYTES = 4 << 20;
    private static final YAMLMapper YAML =
            YAMLMapper.builder()
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    /// The file in the folder, or what it would begin with.
    ///
    /// @throws Refusal when there is one that cannot be read
    static YamlFile in(Path folder, String folderShown, String name) {
        Path path = folder.resolve(name);
        String shown = folderShown + "/" + name;
        String text;
        boolean exists = true;
        try (InputStream in = Files.newInputStream(path)) {
            text = decode(in.readNBytes(MAX_BYTES + 1), shown);
        } catch (NoSuchFileException e) {
            text = bundled(name);
            exists = false;
        } catch (IOException e) {
            throw new Refusal(
                    "Cannot read " + shown + ": run this as the user who started the instance.", e);
        }
        return new YamlFile(path, shown, text, exists, tree(text, shown));
    }

    /// A file as it comes with Mooring.
    static String bundled(String name) {
        try (InputStream in = YamlFile.class.getResourceAsStream("defaults/" + name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not part of this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(name, e);
        }
    }

    JsonNode models() {
        return tree.path("models");
    }

    /// A text that comes with Mooring, read.
    static ObjectNode tree(String text) {
        return tree(text, "the bundled file");
    }

    /// The text with one more entry at the end of `models`; null when that cannot be done without a
    /// risk to the rest.
    ///
    /// What was inserted by lines is read again, and must be the old content and the new entry.
    @Nullable String with(String entry) {
        List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
        int header = -1;
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).matches("models:\\s*(#.*)?")) {
                header = i;
                break;
            }
        }
        int first = header < 0 ? lines.size() : header + 1;
        while (first < lines.size() && lines.get(first).matches("\\s*(#.*)?")) {
            first++;
        }
        if (first == lines.size()) {
            return null;
        }
        String indent = lines.get(first).replaceFirst("(?s)[^ ].*", "");
        int last = first;
        for (int i = first; i < lines.size() && inside(lines.get(i), indent); i++) {
            if (!lines.get(i).isBlank() && lines.get(i).startsWith(" ".repeat(indent.length()))) {
                last = !indent.isEmpty() || !lines.get(i).startsWith("#") ? i : last;
            }
        }
        String end = text.contains("\r\n") ? "\r" : "";
        // The last line of a file without a line break gets one.
        lines.set(last, lines.get(last).replaceFirst("\r$", "") + end);
        List<String> added = new ArrayList<>(List.of(end));
        for (String line : entry.strip().split("\n")) {
            added.add(indent + line + end);
        }
        if (last + 1 == lines.size()) {
            added.add("");
        }
        lines.addAll(last + 1, added);
        String result = String.join("\n", lines);
        return isOldAnd(entry, result) ? result : null;
    }

    /// Puts the text in the file's place, at once or not at all.
    void replace(String content) {
        Path temporary = null;
        try {
            // A link stays one: what it points to is replaced.
            Path target = exists ? path.toRealPath() : path.toAbsolutePath();
            temporary = target.resolveSibling(target.getFileName() + ".new");
            Files.deleteIfExists(temporary);
            try (FileChannel channel =
                    FileChannel.open(
                            temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            if (exists) {
                Files.setPosixFilePermissions(temporary, Files.getPosixFilePermissions(target));
                if (!Files.getOwner(temporary).equals(Files.getOwner(target))) {
                    Files.setOwner(temporary, Files.getOwner(target));
                }
            }
            Files.move(
                    temporary,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException | UnsupportedOperationException e) {
            deleteQuietly(temporary);
            throw new Refusal(
                    "Cannot write "
                            + shown
                            + " ("
                            + e.getMessage()
                            + "): check the folder's"
                            + " rights and its space.",
                    e);
        }
    }

    private static void deleteQuietly(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // The first failure is the one to tell.
        }
    }

    private static boolean inside(String line, String indent) {
        return line.isBlank()
                || line.startsWith(" ")
                || line.startsWith("#")
                || (indent.isEmpty() && line.startsWith("-"));
    }

    private boolean isOldAnd(String entry, String result) {
        try {
            JsonNode added = YAML.readTree(entry);
            ObjectNode expected = tree.deepCopy();
            if (expected.get("models") instanceof ArrayNode list && added.isArray()) {
                added.forEach(list::add);
            } else if (expected.get("models") instanceof ObjectNode byId
                    && added instanceof ObjectNode prices
                    && Set.copyOf(names(byId)).stream().noneMatch(prices::has)) {
                byId.setAll(prices);
            } else {
                return false;
            }
            return expected.equals(YAML.readTree(result));
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private static List<String> names(ObjectNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static ObjectNode tree(String text, String shown) {
        try {
            JsonNode tree = YAML.readTree(text);
            if (tree instanceof ObjectNode object) {
                return object;
            }
            if (tree == null || tree.isMissingNode() || tree.isNull()) {
                return JsonNodeFactory.instance.objectNode();
            }
            throw new Refusal(shown + " has no models: see docs/reference/catalog.md.");
        } catch (JsonProcessingException e) {
            long line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw new Refusal(
                    shown
                            + ", line "
                            + line
                            + " is not YAML as the server reads it: mend it, then run the same"
                            + " command.",
                    e);
        }
    }

    private static String decode(byte[] bytes, String shown) {
        try {
            if (bytes.length <= MAX_BYTES) {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
            }
        } catch (CharacterCodingException e) {
            // Said below.
        }
        throw new Refusal(
                shown + " is no text of at most " + MAX_BYTES + " bytes: is it the right file?");
    }
}
