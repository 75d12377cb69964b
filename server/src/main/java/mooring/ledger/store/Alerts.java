package mooring.ledger.store;

import java.time.Instant;
import mooring.ledger.BudgetAlert;
import org.jdbi.v3.core.Handle;

/// Tells people that a budget's threshold was reached, in the transaction that reached it.
public interface Alerts {

    void raise(Handle handle, BudgetAlert alert, Instant at);
}
