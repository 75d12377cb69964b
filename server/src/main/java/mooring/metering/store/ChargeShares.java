package mooring.metering.store;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A charge shared out over what made it, in proportion to quantity × price, by largest remainder:
/// the shares sum to the charge to the nano unit.
final class ChargeShares {

    private static final BigInteger MILLION = BigInteger.valueOf(1_000_000);

    /// What a part of a charge is for.
    ///
    /// @param millionfold quantity × price, in millionths of a nano unit
    record Item(String name, String unit, long quantity, long unitNanos, BigInteger millionfold) {

        static Item tokens(String name, long quantity, long nanosPerMillion) {
            return new Item(
                    name,
                    "million_tokens",
                    quantity,
                    nanosPerMillion,
                    BigInteger.valueOf(quantity).multiply(BigInteger.valueOf(nanosPerMillion)));
        }

        static Item calls(String name, long quantity, long nanosPerCall) {
            return new Item(
                    name,
                    "call",
                    quantity,
                    nanosPerCall,
                    BigInteger.valueOf(quantity)
                            .multiply(BigInteger.valueOf(nanosPerCall))
                            .multiply(MILLION));
        }
    }

    private ChargeShares() {}

    /// Nano units for each item, in their order.
    static long[] of(long charge, List<Item> items) {
        long[] shares = new long[items.size()];
        BigInteger sum =
                items.stream().map(Item::millionfold).reduce(BigInteger.ZERO, BigInteger::add);
        if (items.isEmpty()) {
            return shares;
        }
        if (sum.signum() == 0) {
            shares[0] = charge;
            return shares;
        }
        // Where the prices give the charge itself, a share is the line's own amount rounded down;
        // otherwise (prices that are not known here) it is a proportional part.
        BigInteger exact = BigInteger.valueOf(charge).multiply(MILLION);
        boolean own = exact.subtract(sum).abs().compareTo(MILLION) < 0;
        BigInteger divisor = own ? MILLION : sum;
        BigInteger factor = own ? BigInteger.ONE : BigInteger.valueOf(charge);
        BigInteger[] remainders = new BigInteger[shares.length];
        long left = charge;
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < shares.length; i++) {
            BigInteger[] parts =
                    items.get(i).millionfold().multiply(factor).divideAndRemainder(divisor);
            shares[i] = parts[0].longValueExact();
            remainders[i] = parts[1];
            left -= shares[i];
            order.add(i);
        }
        order.sort(Comparator.comparing((Integer i) -> remainders[i]).reversed());
        for (int i = 0; left > 0; i = (i + 1) % shares.length, left--) {
            shares[order.get(i)]++;
        }
        return shares;
    }
}
