package mooring.limits;

/// What a node is given of one limit.
///
/// @param granted beyond what it claimed
/// @param target what it should come down to as its uses leave, so that others get their part
/// @param othersUsed what other nodes use
/// @param free what nobody holds
/// @param freesMillis when a use of another node leaves next; -1 when that is not known
/// @param wantsEarlier whether the books must be asked what was used of the day
public record ShareGrant(
        long granted,
        long target,
        long othersUsed,
        long free,
        long freesMillis,
        boolean wantsEarlier) {}
