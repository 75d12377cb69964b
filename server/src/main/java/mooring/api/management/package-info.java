/// The operator's door: organizations, keys, credit, usage, prices and the ledger under `/api/v1`.
@NullMarked
package mooring.api.management;

import org.jspecify.annotations.NullMarked;
