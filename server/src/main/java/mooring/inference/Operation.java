package mooring.inference;

/// What is done with a model, under OpenTelemetry's name for it.
public enum Operation {
    CHAT("chat"),
    TEXT_COMPLETION("text_completion"),
    EMBEDDINGS("embeddings");

    private final String word;

    Operation(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }
}
