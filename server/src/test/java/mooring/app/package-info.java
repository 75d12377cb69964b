/// The whole server, as tests start and stop it.
@NullMarked
package mooring.app;

import org.jspecify.annotations.NullMarked;
