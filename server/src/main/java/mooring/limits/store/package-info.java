/// Limits of particular organizations, projects, keys and models in PostgreSQL.
@NullMarked
package mooring.limits.store;

import org.jspecify.annotations.NullMarked;
