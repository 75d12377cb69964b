/// Who makes a request, under bursts and without a store.
@NullMarked
package mooring.auth;

import org.jspecify.annotations.NullMarked;
