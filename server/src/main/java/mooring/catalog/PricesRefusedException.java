package mooring.catalog;

import java.util.List;

/// Prices or an assignment of them that cannot be put on record as they are.
public final class PricesRefusedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient List<String> reasons;

    /// @param reasons one sentence each
    public PricesRefusedException(List<String> reasons) {
        super(String.join("; ", reasons));
        this.reasons = List.copyOf(reasons);
    }

    public List<String> reasons() {
        return reasons;
    }
}
