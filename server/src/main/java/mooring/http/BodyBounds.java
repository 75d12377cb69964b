package mooring.http;

import java.time.Duration;

/// What a body may take of size, time and memory.
///
/// @param limitBytes counted after decompression
/// @param deadline from the permission to send it to its last byte
/// @param budget the memory that all bodies share
record BodyBounds(long limitBytes, Duration deadline, ByteBudget budget) {}
