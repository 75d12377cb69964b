/// Child processes that die with us: started by one thread, logged to bounded files, stopped with
/// deadlines, and never mistaken for another process.
@NullMarked
package mooring.process;

import org.jspecify.annotations.NullMarked;
