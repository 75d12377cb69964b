/// What runs now: each engine's address, health and load.
@NullMarked
package mooring.replicas;

import org.jspecify.annotations.NullMarked;
