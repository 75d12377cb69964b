package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The running Mooring that a command talks to: its address, and where its credentials are.
///
/// Found in a data folder, or named by an address. It never shows a credential.
final class Instance {
    private static final int MAX_FILE_BYTES = 1 << 20;
    private static final String DEFAULT_FOLDER = ".mooring";

    private final Surroundings surroundings;
    private final @Nullable Path folder;
    private final String folderAsGiven;
    private final URI address;

    private Instance(
            Surroundings surroundings, @Nullable Path folder, String folderAsGiven, URI address) {
        this.surroundings = surroundings;
        this.folder = folder;
        this.folderAsGiven = folderAsGiven;
        this.address = address;
    }

    static Instance at(Surroundings surroundings, String url) {
        return new Instance(surroundings, null, "", address(url));
    }

    /// The instance whose state is in the folder; null for `--data-dir` takes `MOORING_DATA_DIR`,
    /// then `.mooring`.
    static Instance in(Surroundings surroundings, @Nullable String dataDir) {
        String given = folder(surroundings, dataDir);
        Path folder = surroundings.workingFolder().resolve(given);
        String state = read(folder.resolve("state.json"), given + "/state.json");
        if (state == null) {
            throw new Refusal(
                    "No instance runs in " + given + ": start one with " + start(given) + ".");
        }
        ObjectNode object = Json.parse(state);
        String url = object == null ? "" : object.path("baseUrl").asText();
        if (url.isEmpty()) {
            throw new Refusal(
                    given
                            + "/state.json has no baseUrl: start the instance anew with "
                            + start(given)
                            + ".");
        }
        try {
            return new Instance(surroundings, folder, given, address(url));
        } catch (IllegalArgumentException e) {
            throw new Refusal(
                    "baseUrl in "
                            + given
                            + "/state.json: "
                            + e.getMessage()
                            + "; start the instance anew with "
                            + start(given)
                            + ".",
                    e);
        }
    }

    /// The data folder that a command means, as it was named.
    static String folder(Surroundings surroundings, @Nullable String dataDir) {
        String variable = surroundings.variable("MOORING_DATA_DIR");
        return dataDir != null ? dataDir : variable != null ? variable : DEFAULT_FOLDER;
    }

    URI address() {
        return address;
    }

    /// The credential for management. With an address, whatever `MOORING_KEY` holds.
    Credential operator() {
        return folder == null
                ? fromVariable()
                : new Credential(
                        fromFile(folder, "operator-key", "restart the instance to make it anew"),
                        folderAsGiven + "/operator-key",
                        Credential.Kind.OPERATOR);
    }

    /// The key for asking models: `MOORING_KEY`, else the first organization's.
    Credential developer() {
        if (folder == null || surroundings.variable("MOORING_KEY") != null) {
            return fromVariable();
        }
        return new Credential(
                fromFile(folder, "first-key", "set MOORING_KEY to an API key instead"),
                folderAsGiven + "/first-key",
                Credential.Kind.API);
    }

    /// What to say when nothing listens at the address.
    String unreachable() {
        return folder == null
                ? "Nothing answers at " + address + ": check --url, and that the server runs."
                : "Nothing answers at "
                        + address
                        + " (from "
                        + folderAsGiven
                        + "/state.json): start it with "
                        + start(folderAsGiven)
                        + ".";
    }

    private Credential fromVariable() {
        String key = surroundings.variable("MOORING_KEY");
        if (key == null) {
            throw new MisuseException(
                    "--url needs a key: set MOORING_KEY to an API key, or to the operator's key for"
                            + " management.");
        }
        return new Credential(visible(key, "MOORING_KEY"), "MOORING_KEY", Credential.Kind.UNKNOWN);
    }

    private String fromFile(Path folder, String name, String otherwise) {
        String shown = folderAsGiven + "/" + name;
        String key = read(folder.resolve(name), shown);
        if (key == null || key.isBlank()) {
            throw new Refusal("There is no key in " + shown + ": " + otherwise + ".");
        }
        return visible(key.strip(), shown);
    }

    /// A key goes into a header: anything but visible ASCII there is a mistake, and not repeated.
    private static String visible(String key, String where) {
        if (!key.chars().allMatch(c -> c > 32 && c < 127)) {
            throw new Refusal(
                    "The key in " + where + " has spaces or odd characters: copy it once more.");
        }
        return key;
    }

    private static @Nullable String read(Path file, String shown) {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MAX_FILE_BYTES), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new Refusal(
                    "Cannot read " + shown + ": run this as the user who started the instance.", e);
        }
    }

    private static String start(String folder) {
        return folder.equals(DEFAULT_FOLDER) ? "./mooring up" : "./mooring up --data-dir " + folder;
    }

    /// The server's address without a last slash, or the `/v1` that SDKs want.
    ///
    /// @throws IllegalArgumentException when it is not an address of the web
    static URI address(String url) {
        String expected = url + " (expected: an address such as http://127.0.0.1:8080)";
        String base = url.strip().replaceAll("/+$", "").replaceAll("/v1$", "");
        URI address;
        try {
            address = URI.create(base);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(expected, e);
        }
        boolean web = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
        if (!web || address.getHost() == null || address.getRawQuery() != null) {
            throw new IllegalArgumentException(expected);
        }
        return address;
    }
}
