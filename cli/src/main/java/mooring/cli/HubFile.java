package mooring.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// One file of a repository on a model hub, at one revision.
record HubFile(String repository, String path, String revision) {
    private static final int MAX_LENGTH = 1_000;
    private static final Pattern REPOSITORY =
            Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*");
    private static final Pattern ONE_OF_SEVERAL = Pattern.compile("-\\d{5}-of-\\d{5}\\.gguf$");

    /// @throws MisuseException for a name that no hub has, or that would leave the models' folder
    HubFile {
        if (!REPOSITORY.matcher(repository).matches() || repository.length() > MAX_LENGTH) {
            throw new MisuseException(
                    "REPOSITORY: " + repository + " (expected: OWNER/NAME, as the hub shows it)");
        }
        if (!plain(path)) {
            throw new MisuseException(
                    "FILE: " + path + " (expected: a file's name as the hub lists it)");
        }
        if (!plain(revision)) {
            throw new MisuseException(
                    "--revision: " + revision + " (expected: a branch, tag or commit)");
        }
    }

    private static boolean plain(String name) {
        return !name.isEmpty()
                && name.length() <= MAX_LENGTH
                && name.chars().noneMatch(c -> c < 32 || c == 127 || c == '\\')
                && Arrays.stream(name.split("/", -1))
                        .noneMatch(part -> part.isEmpty() || part.matches("\\.\\.?"));
    }

    String owner() {
        return repository.substring(0, repository.indexOf('/'));
    }

    /// The file's own name, without folders.
    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /// Whether it is one part of a model that was cut into several files.
    boolean oneOfSeveral() {
        return ONE_OF_SEVERAL.matcher(path).find();
    }

    /// A model's name made of the file's: small letters, without its ending.
    String suggestedId() {
        String stem = name().replaceFirst("(?i)\\.gguf$", "").toLowerCase(Locale.ROOT);
        String id = stem.replaceAll("[^a-z0-9._+-]+", "-").replaceFirst("^[^a-z0-9]+", "");
        return id.isEmpty() ? "model" : id.substring(0, Math.min(id.length(), 200));
    }

    /// Where the hub has it, behind the hub's address.
    String address() {
        return "/" + repository + "/resolve/" + Api.part(revision) + "/" + escaped(path);
    }

    /// Where it is kept under the models' folder; another revision never takes its place.
    Path local() {
        String folder = revision.equals("main") ? repository : repository + "@" + revision;
        return Path.of(folder.replaceAll("[^A-Za-z0-9._@/-]", "_")).resolve(path);
    }

    private static String escaped(String path) {
        return Arrays.stream(path.split("/")).map(Api::part).collect(Collectors.joining("/"));
    }
}
