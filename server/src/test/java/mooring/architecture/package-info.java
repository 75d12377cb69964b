/// The house rules as tests: floors, names, documents, and that all of them say the same.
@NullMarked
package mooring.architecture;

import org.jspecify.annotations.NullMarked;
