package mooring.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// A file that the server makes while it is sent. It appears under its name only when it is whole.
final class Export {
    private final Surroundings surroundings;

    Export(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    void save(Api api, String path, String file) {
        if (file.equals("-")) {
            copy(api, path, surroundings.out());
            surroundings.out().flush();
            return;
        }
        Path name;
        try {
            name = surroundings.workingFolder().resolve(file);
        } catch (InvalidPathException e) {
            throw new MisuseException("FILE: " + file + " (expected: a path).");
        }
        Path part = name.resolveSibling(name.getFileName() + ".part");
        try (OutputStream out = Files.newOutputStream(part)) {
            copy(api, path, out);
        } catch (IOException e) {
            throw new Refusal(part + " cannot be written: " + e, e);
        }
        try {
            Files.move(part, name, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new Refusal(name + " cannot be written: " + e, e);
        }
    }

    private static void copy(Api api, String path, OutputStream out) {
        try (InputStream in = api.open(path)) {
            in.transferTo(out);
        } catch (IOException e) {
            throw new Refusal("The export broke off and is not whole: " + e.getMessage(), e);
        }
    }
}
