/// The store: a PostgreSQL of our own or of somebody else, its connections, and the versions of its
/// schema.
@NullMarked
package mooring.sql;

import org.jspecify.annotations.NullMarked;
