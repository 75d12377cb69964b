package mooring.accounts;

import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.WalletId;
import mooring.inference.CacheScope;
import mooring.money.Currency;

/// Who makes a request, as far as admission must know. Immutable and shared by its requests.
public record Principal(
        KeyId key,
        OrganizationId organization,
        ProjectId project,
        WalletId wallet,
        Currency currency,
        CacheScope cacheScope) {}
