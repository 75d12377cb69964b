package mooring.config;

import java.util.List;

/// Mistakes in what an operator wrote, all that were found at once: one line each, with what was
/// expected. Meant to be printed as it is; nothing was started yet.
public final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> mistakes;

    public ConfigException(List<String> mistakes) {
        super(String.join("\n", mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    public ConfigException(String mistake) {
        this(List.of(mistake));
    }

    public List<String> mistakes() {
        return mistakes;
    }
}
