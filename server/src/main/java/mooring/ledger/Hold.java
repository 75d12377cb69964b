package mooring.ledger;

import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.money.Money;

/// Money set aside for a request that is still running. Ends in one settlement or one release.
public record Hold(RequestId request, WalletId wallet, Money amount) {}
