package mooring.rating;

import java.util.List;
import mooring.money.Money;
import mooring.money.Rate;

/// What a request costs, rounded once, and how the amount came about.
///
/// @param lines one for each token class that was used; their amounts sum to the total
public record Charge(Money total, List<Line> lines) {

    /// @param tokenClass as prices name it: `input`, `cache_read`, `output` …
    public record Line(String tokenClass, long tokens, Rate rate, Money amount) {}

    public Charge {
        lines = List.copyOf(lines);
    }
}
