/// The operator's catalogue and price files, read strictly.
@NullMarked
package mooring.catalog.file;

import org.jspecify.annotations.NullMarked;
