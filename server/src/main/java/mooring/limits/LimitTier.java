package mooring.limits;

/// A step of an operator's ladder: who has paid in so much has these limits.
///
/// @param rechargeNanos what must have been paid in, all in all, in nano units of the
///   organization's currency
public record LimitTier(String name, long rechargeNanos, Limits limits) {}
