package mooring.config;

import java.util.Collection;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// The known name that a mistyped one most likely stands for.
public final class Nearest {

    private Nearest() {}

    /// More slips than this in a short name, and it was hardly meant.
    private static final int FEW_SLIPS = 2;

    /// The name with the fewest slips (a letter too many, missing, wrong, or two swapped), or else
    /// one that contains what was typed; the first of equals.
    ///
    /// @throws IllegalArgumentException when nothing is known
    public static String of(String typed, Collection<String> known) {
        String close = close(typed, known);
        return close == null ? fewestSlips(typed, known) : close;
    }

    /// The same, but null when no name is near enough to have been meant.
    public static @Nullable String close(String typed, Collection<String> known) {
        String nearest = fewestSlips(typed, known);
        if (slips(typed, nearest) <= Math.max(FEW_SLIPS, typed.length() / 4)) {
            return nearest;
        }
        return known.stream().filter(name -> name.contains(typed)).findFirst().orElse(null);
    }

    private static String fewestSlips(String typed, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(name -> slips(typed, name)))
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "known: nothing (expected: at least one name)"));
    }

    private static int slips(String typed, String name) {
        int[][] cost = new int[typed.length() + 1][name.length() + 1];
        for (int i = 0; i <= typed.length(); i++) {
            for (int j = 0; j <= name.length(); j++) {
                cost[i][j] = i == 0 || j == 0 ? i + j : cheapest(cost, typed, name, i, j);
            }
        }
        return cost[typed.length()][name.length()];
    }

    private static int cheapest(int[][] cost, String typed, String name, int i, int j) {
        boolean same = typed.charAt(i - 1) == name.charAt(j - 1);
        int best = Math.min(cost[i - 1][j], cost[i][j - 1]) + 1;
        best = Math.min(best, cost[i - 1][j - 1] + (same ? 0 : 1));
        boolean swapped =
                i > 1
                        && j > 1
                        && typed.charAt(i - 1) == name.charAt(j - 2)
                        && typed.charAt(i - 2) == name.charAt(j - 1);
        return swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
    }
}
