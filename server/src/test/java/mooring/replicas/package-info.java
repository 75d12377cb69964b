/// Tests of what is known of a replica.
@NullMarked
package mooring.replicas;

import org.jspecify.annotations.NullMarked;
