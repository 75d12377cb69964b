package mooring.catalog.file;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mooring.catalog.EngineKind;
import mooring.catalog.ReplicaSpec;
import mooring.config.YamlSection;
import org.jspecify.annotations.Nullable;

/// One entry of a model's `replicas`: a command to run here, or an address elsewhere.
final class ReplicaReader {

    private static final int MAX_SLOTS = 65_536;

    /// Paths of the API itself, pasted where its base belongs.
    private static final Pattern ENDPOINT =
            Pattern.compile(".*/(chat/completions|completions|models|responses|messages)");

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z_]+)}");
    private static final List<String> PLACEHOLDERS =
            List.of("port", "key_file", "engines", "python");

    private static final String URL_EXPECTED = "http:// or https://, a host, and at most a path";

    private final YamlSection section;
    private final @Nullable Path folder;

    private ReplicaReader(YamlSection section, @Nullable Path folder) {
        this.section = section;
        this.folder = folder;
    }

    /// Null when it cannot be used, which is noted.
    ///
    /// @param folder what relative paths start from, null for the working directory
    static @Nullable ReplicaSpec read(YamlSection section, @Nullable Path folder) {
        return new ReplicaReader(section, folder).read();
    }

    private @Nullable ReplicaSpec read() {
        EngineKind named = section.choice("engine", EngineKind.class);
        EngineKind engine = named == null ? EngineKind.OPENAI : named;
        String model = section.text("model", "the model's name on that engine");
        int slots = section.whole("slots", 1, MAX_SLOTS, 0);
        List<String> command = section.texts("command", "a program and its arguments");
        String url = section.text("url", URL_EXPECTED);
        boolean local = section.has("command");
        if (local == section.has("url")) {
            if (local) {
                section.refuse("url", "beside command", "one of the two");
            } else {
                section.missing("url", "the engine's address, or a command that starts it here");
            }
        }
        Map<String, String> environment = section.textMap("environment", "the variable's value");
        String keyFile = section.text("key_file", "a file with the engine's key");
        boolean bills = section.flag("bills_cancelled", false);
        section.finish();
        return local
                ? command(engine, model, slots, command, environment)
                : address(engine, model, slots, url, keyFile, bills);
    }

    private @Nullable ReplicaSpec command(
            EngineKind engine,
            @Nullable String model,
            int slots,
            List<String> command,
            Map<String, String> environment) {
        if (section.has("key_file")) {
            section.refuse(
                    "key_file",
                    "beside command",
                    "none: Mooring makes a key and puts its file in place of {key_file}");
        }
        if (section.has("bills_cancelled")) {
            section.refuse("bills_cancelled", "beside command", "none: nobody bills for it");
        }
        boolean listening = false;
        for (String argument : command) {
            Matcher placeholder = PLACEHOLDER.matcher(argument);
            while (placeholder.find()) {
                listening |= placeholder.group(1).equals("port");
                if (!PLACEHOLDERS.contains(placeholder.group(1))) {
                    section.refuse(
                            "command",
                            "\"" + argument + "\"",
                            "{port}, {key_file}, {engines} or {python}");
                }
            }
        }
        if (!listening && section.sound()) {
            section.refuse(
                    "command",
                    "no {port} in it",
                    "an argument with {port}, so that the engine listens where Mooring looks");
        }
        int parallel = parallel(command);
        if (parallel > 0 && slots > parallel) {
            section.refuse(
                    "slots", slots, "at most " + parallel + ", as --parallel in command says");
        }
        if (!section.sound()) {
            return null;
        }
        int absent = parallel > 0 ? parallel : slots(engine);
        return new ReplicaSpec.Command(
                engine, model, slots > 0 ? slots : absent, command, environment);
    }

    private @Nullable ReplicaSpec address(
            EngineKind engine,
            @Nullable String model,
            int slots,
            @Nullable String url,
            @Nullable String keyFile,
            boolean bills) {
        if (section.has("environment")) {
            section.refuse("environment", "beside url", "none: nothing is started here");
        }
        URI base = url == null ? null : base(url);
        Path key = keyFile == null ? null : key(keyFile);
        return base == null || !section.sound()
                ? null
                : new ReplicaSpec.Address(
                        engine, model, slots > 0 ? slots : slots(engine), base, key, bills);
    }

    /// The address without a slash or `/v1` at its end, which people paste and the adapters add.
    private @Nullable URI base(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException _) {
            section.refuse("url", "\"" + url + "\"", URL_EXPECTED);
            return null;
        }
        if (uri.getRawUserInfo() != null) {
            section.refuse("url", "a key or password in it", URL_EXPECTED + "; a key in key_file");
            return null;
        }
        boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!web
                || uri.getHost() == null
                || uri.getPort() > 65_535
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            section.refuse("url", "\"" + url + "\"", URL_EXPECTED);
            return null;
        }
        String path = uri.getRawPath().replaceFirst("/+$", "");
        if (ENDPOINT.matcher(path).matches()) {
            section.refuse("url", "\"" + url + "\"", "the base address, as before /v1");
            return null;
        }
        path = path.endsWith("/v1") ? path.substring(0, path.length() - 3) : path;
        return URI.create(uri.getScheme() + "://" + uri.getRawAuthority() + path);
    }

    private @Nullable Path key(String written) {
        try {
            Path given = Path.of(written);
            Path path = (folder == null ? given : folder.resolve(given)).toAbsolutePath();
            if (Files.isReadable(path) && Files.isRegularFile(path)) {
                return path.normalize();
            }
        } catch (InvalidPathException _) {
            // Refused like one that does not exist.
        }
        section.refuse("key_file", "\"" + written + "\"", "a file that this user can read");
        return null;
    }

    /// How many requests llama.cpp's server was told to decode at once; 0 when not said.
    private static int parallel(List<String> command) {
        for (int i = 0; i + 1 < command.size(); i++) {
            if (command.get(i).equals("--parallel") && command.get(i + 1).matches("[0-9]{1,5}")) {
                return Integer.parseInt(command.get(i + 1));
            }
        }
        return 0;
    }

    /// What the engines run at once when nobody says otherwise.
    private static int slots(EngineKind engine) {
        return switch (engine) {
            case LLAMACPP -> 4;
            case VLLM, SGLANG -> 256;
            case OPENAI -> 64;
        };
    }
}
