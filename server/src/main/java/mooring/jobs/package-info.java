/// Work that is done later, or again and again: once over all nodes, and also after a restart.
@NullMarked
package mooring.jobs;

import org.jspecify.annotations.NullMarked;
