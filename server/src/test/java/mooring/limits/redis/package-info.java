/// Tests of limits over several nodes, with a real Redis.
@NullMarked
package mooring.limits.redis;

import org.jspecify.annotations.NullMarked;
