package mooring.config;

import java.util.Collection;

/// The known name that a mistyped one most likely stands for.
public final class Nearest {

    private Nearest() {}

    /// The name with the fewest slips (a letter too many, missing, wrong, or two swapped); the
    /// first of equals.
    ///
    /// @throws IllegalArgumentException when nothing is known
    public static String of(String typed, Collection<String> known) {
        String nearest = null;
        int fewest = Integer.MAX_VALUE;
        for (String name : known) {
            int slips = slips(typed, name);
            if (slips < fewest) {
                fewest = slips;
                nearest = name;
            }
        }
        if (nearest == null) {
            throw new IllegalArgumentException("known: nothing (expected: at least one name)");
        }
        return nearest;
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
