package mooring.accounts;

import java.time.Instant;
import java.time.ZoneId;
import mooring.ids.OrganizationId;
import mooring.money.Currency;

/// A customer: owner of projects and keys, of one wallet in one currency, and of what they used.
///
/// @param zone in which its days and months begin
public record Organization(
        OrganizationId id, String name, Currency currency, ZoneId zone, Instant createdAt) {}
