package mooring.cli;

/// A bearer key, and where it was found, which is all that is ever shown of it.
record Credential(String key, String source, Kind kind) {
    /// Whose key it is, as far as its place tells.
    enum Kind {
        OPERATOR,
        API,
        UNKNOWN
    }

    @Override
    public String toString() {
        return "Credential[" + source + "]";
    }
}
