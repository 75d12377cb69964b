package mooring.money;

/// An ISO 4217 currency, by its three-letter code.
public record Currency(String code) {

    public static final Currency USD = new Currency("USD");

    public Currency {
        if (!code.matches("[A-Z]{3}")) {
            throw new IllegalArgumentException(
                    "currency: \"" + code + "\" (expected: three capital letters, as in USD)");
        }
    }

    @Override
    public String toString() {
        return code;
    }
}
