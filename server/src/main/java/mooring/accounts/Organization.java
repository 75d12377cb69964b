package mooring.accounts;

import java.time.Instant;
import mooring.ids.OrganizationId;
import mooring.money.Currency;

/// A customer: owner of keys, of one wallet in one currency, and of what they used.
public record Organization(OrganizationId id, String name, Currency currency, Instant createdAt) {}
