/// Long texts in JSON, against the parser that reads them one character after the other.
@NullMarked
package mooring.json;

import org.jspecify.annotations.NullMarked;
