/// The shares of limits that nodes exchange, kept in Redis.
@NullMarked
package mooring.limits.redis;

import org.jspecify.annotations.NullMarked;
