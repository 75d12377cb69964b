package mooring.inference;

/// Who may share an engine's cached prefixes: requests of one scope only.
///
/// An opaque keyed hash of the organization, so that neither an engine nor a caller learns whose it
/// is or can make one up.
public record CacheScope(String token) {}
