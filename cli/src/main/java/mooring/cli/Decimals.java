package mooring.cli;

import java.math.BigDecimal;

/// Amounts of money as they are written on a command line.
final class Decimals {

    private Decimals() {}

    /// The text itself.
    ///
    /// @param name what it is on the command line
    /// @throws MisuseException when it is no plain decimal above zero, with at most nine digits
    ///   after the point
    static String positive(String name, String amount) {
        boolean decimal = amount.matches("[0-9]{1,10}(\\.[0-9]{1,9})?");
        if (!decimal || new BigDecimal(amount).signum() == 0) {
            throw new MisuseException(
                    name
                            + ": "
                            + amount
                            + " (expected: a decimal above zero, at most 1,000,000,000, with up to"
                            + " nine digits after the point, such as 25.00).");
        }
        return amount;
    }
}
