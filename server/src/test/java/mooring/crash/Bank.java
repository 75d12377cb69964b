package mooring.crash;

import java.util.Map;
import java.util.Set;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.ledger.LeaseStore;
import mooring.ledger.NodeEpoch;
import mooring.metering.UsageBooks;
import mooring.metering.UsageRecord;

/// The store as the simulation needs it: leases, books, and what an operator and the nightly jobs
/// do.
interface Bank extends LeaseStore, UsageBooks {

    /// Who pays from a wallet.
    record Payer(OrganizationId organization, ProjectId project, KeyId key, WalletId wallet) {}

    /// Credit; `seconds` until it expires, 0 when it never does.
    record Credit(long nanos, int seconds) {}

    /// What was booked of a request.
    record Booked(UsageRecord record, long payable, long shortfall, long drawn) {}

    /// @param moved what left the wallet for requests
    /// @param expired what left it because nobody had used it in time
    record Balance(long credited, long moved, long expired, long posted, long held, long leased) {}

    /// One customer for each element.
    Payer payer(int wallet);

    PriceVersionId prices();

    NodeEpoch begin(String node);

    void lost(String node);

    void expire();

    /// Ends the store at once and starts it anew.
    default void restart() {}

    Map<RequestId, Booked> settled();

    Set<RequestId> released();

    /// How often a request came with another end than it had.
    int conflicts();

    Balance balance(int wallet);
}
