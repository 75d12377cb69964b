/// Reading and writing JSON and YAML, with bounds.
@NullMarked
package mooring.json;

import org.jspecify.annotations.NullMarked;
