package mooring.rating;

import java.util.List;
import mooring.money.Money;
import mooring.money.Rate;

/// What a request costs, rounded once, and how the amount came about.
///
/// @param lines one for each token class that was used and each kind of call that was made; their
///   amounts sum to the total
public record Charge(Money total, List<Line> lines) {

    /// What a price is for.
    public enum Unit {
        MILLION_TOKENS,
        CALL
    }

    /// @param item a token class as prices name it (`input`, `cache_read` …), or a call's name
    /// @param quantity tokens or calls
    /// @param unitNanos the price of one unit
    public record Line(String item, Unit unit, long quantity, long unitNanos, Money amount) {

        /// The price of one unit as plain decimal text.
        public String price() {
            return new Rate(unitNanos).text();
        }
    }

    public Charge {
        lines = List.copyOf(lines);
    }
}
