package mooring.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The text of a file that an operator wrote, or of one that comes with Mooring.
///
/// @param name how messages call it
/// @param folder what relative paths in it start from, null when no file is behind the text
public record ConfigText(String name, String text, @Nullable Path folder) {

    /// Thousands of models fit; a wrong file named by mistake does not fill the memory.
    private static final int MAX_BYTES = 4 * 1024 * 1024;

    /// @throws ConfigException when the file cannot be read as text
    public static ConfigText read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new ConfigText(
                    file.toString(),
                    decode(file.toString(), in.readNBytes(MAX_BYTES + 1)),
                    file.toAbsolutePath().getParent());
        } catch (NoSuchFileException _) {
            throw new ConfigException(file + ": no such file (expected: a YAML file)");
        } catch (AccessDeniedException _) {
            throw new ConfigException(
                    file + ": not readable (expected: a file this user may read)");
        } catch (IOException e) {
            String reason =
                    Files.isDirectory(file) ? "is a folder" : String.valueOf(e.getMessage());
            throw new ConfigException(file + ": " + reason + " (expected: a YAML file)");
        }
    }

    /// One of the files that come with Mooring, such as `catalog.yaml`.
    public static ConfigText bundled(String name) {
        String resource = "/defaults/" + name;
        try (InputStream in = ConfigText.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalArgumentException(resource + " is not part of this build");
            }
            String shown = "bundled " + name;
            return new ConfigText(shown, decode(shown, in.readAllBytes()), null);
        } catch (IOException e) {
            throw new UncheckedIOException(resource, e);
        }
    }

    private static String decode(String name, byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new ConfigException(
                    name + ": more than " + MAX_BYTES + " bytes (expected: less)");
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException _) {
            throw new ConfigException(name + ": not UTF-8 (expected: a YAML file in UTF-8)");
        }
    }
}
