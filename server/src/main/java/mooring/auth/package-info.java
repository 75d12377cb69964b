/// Who makes a request: a key becomes a principal.
@NullMarked
package mooring.auth;

import org.jspecify.annotations.NullMarked;
