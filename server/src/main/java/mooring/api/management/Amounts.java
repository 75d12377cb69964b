package mooring.api.management;

import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Amounts that an operator writes by hand, in a currency that is known.
final class Amounts {

    /// The most that one movement may be, in major units: a slip of the hand must not create more
    /// than anybody owns.
    static final long MOST = 1_000_000_000;

    private Amounts() {}

    /// The field `amount` of the body. A currency beside it must be this one.
    ///
    /// @param whose says what currency it is, for a refusal
    static Money of(Call call, Currency currency, String whose) {
        requireCurrency(call, currency, whose);
        String text = call.requiredText("amount");
        Money most = Money.parse(Long.toString(MOST), currency);
        Money amount;
        try {
            amount = Money.parse(text, currency);
        } catch (IllegalArgumentException _) {
            throw outOfRange(text, most);
        }
        if (!amount.positive() || amount.compareTo(most) > 0) {
            throw outOfRange(text, most);
        }
        return amount;
    }

    private static ProblemException outOfRange(String text, Money most) {
        return new ProblemException(
                Problem.InvalidRequest.of(
                        "amount", SchemaText.shown(text), "above 0 and at most " + most));
    }

    private static void requireCurrency(Call call, Currency currency, String whose) {
        String given = call.bodyText("currency");
        if (given != null && !given.equals(currency.code())) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "currency", SchemaText.shown(given), currency + ", " + whose));
        }
    }
}
