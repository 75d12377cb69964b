/// Days of the request log that grew cold: out of the database into Parquet files, and found again.
@NullMarked
package mooring.metering.archive.store;

import org.jspecify.annotations.NullMarked;
