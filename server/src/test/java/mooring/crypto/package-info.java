/// Keys and envelopes, tried bit by bit.
@NullMarked
package mooring.crypto;

import org.jspecify.annotations.NullMarked;
