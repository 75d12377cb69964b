/// Tests of the append-only log: crashes, damage, full and failing disks.
@NullMarked
package mooring.journal;

import org.jspecify.annotations.NullMarked;
