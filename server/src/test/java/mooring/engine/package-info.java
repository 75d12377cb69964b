/// Tests of the adapters, and what they share.
@NullMarked
package mooring.engine;

import org.jspecify.annotations.NullMarked;
