package mooring.inference;

/// A model's public name, as callers write it.
public record ModelId(String text) {

    @Override
    public String toString() {
        return text;
    }
}
