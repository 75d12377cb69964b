package mooring.catalog;

import mooring.money.Rate;

/// What a model's tokens cost, one rate for every class.
public record ModelPrice(
        Rate input, Rate cacheRead, Rate cacheWrite5m, Rate cacheWrite1h, Rate output) {

    /// The dearest rate that a prompt token can meet.
    public Rate dearestInput() {
        return new Rate(
                Math.max(
                        Math.max(input.nanosPerMillion(), cacheRead.nanosPerMillion()),
                        Math.max(cacheWrite5m.nanosPerMillion(), cacheWrite1h.nanosPerMillion())));
    }
}
