package mooring.rating;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import mooring.catalog.ClassRates;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceBand;
import mooring.inference.ServiceTier;
import mooring.inference.TokenClass;
import mooring.inference.Usage;
import mooring.money.Currency;
import mooring.money.Money;

/// Quantities times prices. The exact sum over all token classes and calls is divided by a million
/// once and rounded half to even; a charge beyond what a `long` of nano units holds throws
/// [ArithmeticException].
///
/// The prompt's whole length decides the context band, and the band prices every token. What has no
/// price throws [IllegalArgumentException]: nothing is free because somebody forgot it.
public final class Rating {

    private static final long MILLION = 1_000_000;
    private static final TokenClass[] CLASSES = TokenClass.values();

    private Rating() {}

    /// The charge alone, without its lines: what the request path needs.
    ///
    /// @param calls how many calls of each name were made; usually [ModelPrice#callsOfARequest]
    public static Money total(
            Usage usage,
            SortedMap<String, Long> calls,
            ServiceTier tier,
            ModelPrice price,
            Currency currency) {
        ClassRates rates = price.rates(usage.prompt(), tier);
        long sum = shortSum(usage, calls, rates, price);
        return new Money(
                sum < 0 ? halfEven(longSum(items(usage, calls, rates, price))) : halfEven(sum),
                currency);
    }

    /// The lines of a charge, one for each class used and each kind of call. The rounded total is
    /// shared out over them by largest remainder, so that they sum to it to the nano unit.
    public static List<Charge.Line> lines(
            Usage usage,
            SortedMap<String, Long> calls,
            ServiceTier tier,
            ModelPrice price,
            Currency currency) {
        List<Item> items = items(usage, calls, price.rates(usage.prompt(), tier), price);
        return shared(items, total(usage, calls, tier, price, currency));
    }

    /// The charge with its lines.
    public static Charge charge(
            Usage usage,
            SortedMap<String, Long> calls,
            ServiceTier tier,
            ModelPrice price,
            Currency currency) {
        return new Charge(
                total(usage, calls, tier, price, currency),
                lines(usage, calls, tier, price, currency));
    }

    /// What a request can cost at most: the whole prompt at the dearest rate that it can meet, in
    /// every band that it can reach. Rounded up, so that no charge within the bound exceeds it.
    public static Money upperBound(
            PromptBound prompt,
            long outputTokens,
            SortedMap<String, Long> calls,
            ServiceTier tier,
            ModelPrice price,
            Currency currency) {
        long most = 0;
        for (int band = price.band(prompt.atLeast()); band <= price.band(prompt.atMost()); band++) {
            ClassRates rates = price.rates(price.bands().get(band), tier);
            long tokens = Math.min(prompt.atMost(), price.longest(band));
            long sum = plus(0, tokens, rates.of(rates.dearestInput()).nanosPerMillion());
            sum = plus(sum, outputTokens, rates.output().nanosPerMillion());
            sum = plusCalls(sum, calls, price);
            if (sum < 0) {
                List<Item> items = dearest(prompt, outputTokens, calls, tier, price);
                return new Money(roundedUp(longSum(items)), currency);
            }
            most = Math.max(most, sum);
        }
        return new Money(Math.ceilDiv(most, MILLION), currency);
    }

    /// The same with lines: the dearest band's prompt at its dearest class, the output, the calls.
    public static Charge upperBoundCharge(
            PromptBound prompt,
            long outputTokens,
            SortedMap<String, Long> calls,
            ServiceTier tier,
            ModelPrice price,
            Currency currency) {
        List<Item> items = dearest(prompt, outputTokens, calls, tier, price);
        Money total = new Money(roundedUp(longSum(items)), currency);
        return new Charge(total, shared(items, total));
    }

    /// What more output can cost at most, in the dearest band that the prompt can be in. Rounded
    /// up; added to a bound of the prompt and the output before, it bounds them together.
    public static Money outputBound(
            PromptBound prompt,
            long moreTokens,
            ServiceTier tier,
            ModelPrice price,
            Currency currency) {
        long dearest = 0;
        for (PriceBand band : reachable(prompt, price)) {
            dearest = Math.max(dearest, price.rates(band, tier).output().nanosPerMillion());
        }
        return new Money(
                roundedUp(BigInteger.valueOf(moreTokens).multiply(BigInteger.valueOf(dearest))),
                currency);
    }

    private static List<Item> dearest(
            PromptBound prompt,
            long outputTokens,
            SortedMap<String, Long> calls,
            ServiceTier tier,
            ModelPrice price) {
        List<Item> dearest = List.of();
        BigInteger most = BigInteger.ONE.negate();
        for (int band = price.band(prompt.atLeast()); band <= price.band(prompt.atMost()); band++) {
            ClassRates rates = price.rates(price.bands().get(band), tier);
            TokenClass input = rates.dearestInput();
            List<Item> items = new ArrayList<>(2 + calls.size());
            add(items, input, Math.min(prompt.atMost(), price.longest(band)), rates);
            add(items, TokenClass.OUTPUT, outputTokens, rates);
            addCalls(items, calls, price);
            BigInteger sum = longSum(items);
            if (sum.compareTo(most) > 0) {
                most = sum;
                dearest = items;
            }
        }
        return dearest;
    }

    private static List<PriceBand> reachable(PromptBound prompt, ModelPrice price) {
        return price.bands().subList(price.band(prompt.atLeast()), price.band(prompt.atMost()) + 1);
    }

    /// One line's exact amount is its millionfold ÷ 10⁶.
    private record Item(String name, Charge.Unit unit, long quantity, long unitNanos) {

        BigInteger millionfold() {
            BigInteger product =
                    BigInteger.valueOf(quantity).multiply(BigInteger.valueOf(unitNanos));
            return unit == Charge.Unit.CALL
                    ? product.multiply(BigInteger.valueOf(MILLION))
                    : product;
        }
    }

    private static List<Item> items(
            Usage usage, SortedMap<String, Long> calls, ClassRates rates, ModelPrice price) {
        List<Item> items = new ArrayList<>(CLASSES.length + calls.size());
        for (TokenClass tokenClass : CLASSES) {
            add(items, tokenClass, tokenClass.tokens(usage), rates);
        }
        addCalls(items, calls, price);
        return items;
    }

    private static void add(
            List<Item> items, TokenClass tokenClass, long tokens, ClassRates rates) {
        if (tokens > 0) {
            items.add(
                    new Item(
                            tokenClass.word(),
                            Charge.Unit.MILLION_TOKENS,
                            tokens,
                            rates.of(tokenClass).nanosPerMillion()));
        }
    }

    private static void addCalls(
            List<Item> items, SortedMap<String, Long> calls, ModelPrice price) {
        for (Map.Entry<String, Long> call : calls.entrySet()) {
            long nanos = callNanos(call, price);
            if (call.getValue() > 0) {
                items.add(new Item(call.getKey(), Charge.Unit.CALL, call.getValue(), nanos));
            }
        }
    }

    private static long callNanos(Map.Entry<String, Long> call, ModelPrice price) {
        Long nanos = price.callNanos().get(call.getKey());
        if (nanos == null) {
            throw new IllegalArgumentException(
                    "call: "
                            + call.getKey()
                            + " has no price (expected: one of "
                            + price.callNanos().keySet()
                            + ")");
        }
        if (call.getValue() < 0) {
            throw new IllegalArgumentException(
                    "call: " + call.getValue() + " × " + call.getKey() + " (expected: 0 or more)");
        }
        return nanos;
    }

    /// The millionfold sum where it fits in a `long`, which nearly every request's does; else -1.
    private static long shortSum(
            Usage usage, SortedMap<String, Long> calls, ClassRates rates, ModelPrice price) {
        long sum = 0;
        for (TokenClass tokenClass : CLASSES) {
            long tokens = tokenClass.tokens(usage);
            if (tokens > 0) {
                sum = plus(sum, tokens, rates.of(tokenClass).nanosPerMillion());
            }
        }
        return plusCalls(sum, calls, price);
    }

    private static long plusCalls(long sum, SortedMap<String, Long> calls, ModelPrice price) {
        long all = sum;
        for (Map.Entry<String, Long> call : calls.entrySet()) {
            long nanos = callNanos(call, price);
            all =
                    nanos > Long.MAX_VALUE / MILLION
                            ? -1
                            : plus(all, call.getValue(), nanos * MILLION);
        }
        return all;
    }

    /// Adds a product of numbers from 0; -1 once anything does not fit.
    private static long plus(long sum, long quantity, long nanos) {
        long product = quantity * nanos;
        if (sum < 0 || product < 0 || Math.multiplyHigh(quantity, nanos) != 0) {
            return -1;
        }
        long next = sum + product;
        return next < 0 ? -1 : next;
    }

    private static BigInteger longSum(List<Item> items) {
        BigInteger sum = BigInteger.ZERO;
        for (Item item : items) {
            sum = sum.add(item.millionfold());
        }
        return sum;
    }

    private static long halfEven(long millionfold) {
        long whole = millionfold / MILLION;
        long rest = millionfold % MILLION;
        boolean up = rest > MILLION / 2 || (rest == MILLION / 2 && (whole & 1) == 1);
        return up ? whole + 1 : whole;
    }

    private static long halfEven(BigInteger millionfold) {
        BigInteger[] parts = millionfold.divideAndRemainder(BigInteger.valueOf(MILLION));
        int half = parts[1].shiftLeft(1).compareTo(BigInteger.valueOf(MILLION));
        boolean up = half > 0 || (half == 0 && parts[0].testBit(0));
        return parts[0].add(up ? BigInteger.ONE : BigInteger.ZERO).longValueExact();
    }

    private static long roundedUp(BigInteger millionfold) {
        BigInteger[] parts = millionfold.divideAndRemainder(BigInteger.valueOf(MILLION));
        return parts[0].add(parts[1].signum() > 0 ? BigInteger.ONE : BigInteger.ZERO)
                .longValueExact();
    }

    /// Each item's amount without its fraction; what is left of the total goes, a nano unit each,
    /// to the largest fractions, the first of equals first.
    private static List<Charge.Line> shared(List<Item> items, Money total) {
        long[] amounts = new long[items.size()];
        long[] fractions = new long[items.size()];
        long left = total.nanos();
        List<Integer> byFraction = new ArrayList<>(amounts.length);
        for (int i = 0; i < amounts.length; i++) {
            BigInteger[] parts =
                    items.get(i).millionfold().divideAndRemainder(BigInteger.valueOf(MILLION));
            amounts[i] = parts[0].longValueExact();
            fractions[i] = parts[1].longValueExact();
            left -= amounts[i];
            byFraction.add(i);
        }
        byFraction.sort(Comparator.comparingLong((Integer i) -> fractions[i]).reversed());
        for (int i = 0; left > 0; i++, left--) {
            amounts[byFraction.get(i)]++;
        }
        List<Charge.Line> lines = new ArrayList<>(amounts.length);
        for (int i = 0; i < amounts.length; i++) {
            Item item = items.get(i);
            lines.add(
                    new Charge.Line(
                            item.name(),
                            item.unit(),
                            item.quantity(),
                            item.unitNanos(),
                            new Money(amounts[i], total.currency())));
        }
        return lines;
    }
}
