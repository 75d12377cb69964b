/// Answers that are kept for a day because their callers sent a key for it.
@NullMarked
package mooring.idempotency;

import org.jspecify.annotations.NullMarked;
