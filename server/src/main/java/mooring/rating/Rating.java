package mooring.rating;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import mooring.catalog.ModelPrice;
import mooring.inference.Usage;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.money.Rate;

/// Tokens times rates. The exact sum over all classes is divided by a million once and rounded half
/// to even; a charge beyond what a `long` of nano units holds throws [ArithmeticException].
public final class Rating {

    private static final long MILLION = 1_000_000;

    private Rating() {}

    /// The charge alone, without its lines: what the request path needs.
    public static Money total(Usage usage, ModelPrice price, Currency currency) {
        BigInteger sum = BigInteger.ZERO;
        for (Item item : items(usage, price)) {
            sum = sum.add(item.millionfold());
        }
        return new Money(divideHalfEven(sum), currency);
    }

    /// The charge with a line for each class used. The rounded total is shared out over the lines
    /// by largest remainder, so that they sum to it to the nano unit.
    public static Charge charge(Usage usage, ModelPrice price, Currency currency) {
        Money total = total(usage, price, currency);
        List<Item> items = items(usage, price);
        long[] amounts = new long[items.size()];
        long left = total.nanos();
        List<Integer> byRemainder = new ArrayList<>();
        for (int i = 0; i < amounts.length; i++) {
            amounts[i] =
                    items.get(i).millionfold().divide(BigInteger.valueOf(MILLION)).longValueExact();
            left -= amounts[i];
            byRemainder.add(i);
        }
        byRemainder.sort(Comparator.comparing((Integer i) -> items.get(i).remainder()).reversed());
        for (int i = 0; left > 0; i++, left--) {
            amounts[byRemainder.get(i)]++;
        }
        List<Charge.Line> lines = new ArrayList<>();
        for (int i = 0; i < amounts.length; i++) {
            Item item = items.get(i);
            lines.add(
                    new Charge.Line(
                            item.tokenClass(),
                            item.tokens(),
                            item.rate(),
                            new Money(amounts[i], currency)));
        }
        return new Charge(total, lines);
    }

    /// What a request can cost at most: the whole prompt at the dearest rate that it can meet.
    /// Rounded up, so that no charge within the bound exceeds it.
    public static Money upperBound(
            long promptTokens, long outputTokens, ModelPrice price, Currency currency) {
        BigInteger sum =
                new Item("input", promptTokens, price.dearestInput())
                        .millionfold()
                        .add(new Item("output", outputTokens, price.output()).millionfold());
        BigInteger[] parts = sum.divideAndRemainder(BigInteger.valueOf(MILLION));
        BigInteger up = parts[1].signum() > 0 ? BigInteger.ONE : BigInteger.ZERO;
        return new Money(parts[0].add(up).longValueExact(), currency);
    }

    private record Item(String tokenClass, long tokens, Rate rate) {

        BigInteger millionfold() {
            return BigInteger.valueOf(tokens).multiply(BigInteger.valueOf(rate.nanosPerMillion()));
        }

        BigInteger remainder() {
            return millionfold().mod(BigInteger.valueOf(MILLION));
        }
    }

    private static List<Item> items(Usage usage, ModelPrice price) {
        List<Item> items = new ArrayList<>(5);
        add(items, "input", usage.inputUncached(), price.input());
        add(items, "cache_read", usage.cacheRead(), price.cacheRead());
        add(items, "cache_write_5m", usage.cacheWrite5m(), price.cacheWrite5m());
        add(items, "cache_write_1h", usage.cacheWrite1h(), price.cacheWrite1h());
        add(items, "output", usage.output(), price.output());
        return items;
    }

    private static void add(List<Item> items, String tokenClass, long tokens, Rate rate) {
        if (tokens > 0) {
            items.add(new Item(tokenClass, tokens, rate));
        }
    }

    private static long divideHalfEven(BigInteger sum) {
        BigInteger[] parts = sum.divideAndRemainder(BigInteger.valueOf(MILLION));
        int half = parts[1].shiftLeft(1).compareTo(BigInteger.valueOf(MILLION));
        boolean up = half > 0 || (half == 0 && parts[0].testBit(0));
        return parts[0].add(up ? BigInteger.ONE : BigInteger.ZERO).longValueExact();
    }
}
