package mooring.catalog;

import mooring.inference.TokenClass;
import mooring.money.Rate;

/// What tokens cost, one rate for every class.
public record ClassRates(
        Rate input, Rate cacheRead, Rate cacheWrite5m, Rate cacheWrite1h, Rate output) {

    public static final ClassRates FREE =
            new ClassRates(Rate.FREE, Rate.FREE, Rate.FREE, Rate.FREE, Rate.FREE);

    public Rate of(TokenClass tokenClass) {
        return switch (tokenClass) {
            case INPUT -> input;
            case CACHE_READ -> cacheRead;
            case CACHE_WRITE_5M -> cacheWrite5m;
            case CACHE_WRITE_1H -> cacheWrite1h;
            case OUTPUT -> output;
        };
    }

    /// The class of the dearest rate that a prompt token can meet.
    public TokenClass dearestInput() {
        TokenClass dearest = TokenClass.INPUT;
        for (TokenClass other : TokenClass.values()) {
            if (other != TokenClass.OUTPUT
                    && of(other).nanosPerMillion() > of(dearest).nanosPerMillion()) {
                dearest = other;
            }
        }
        return dearest;
    }
}
