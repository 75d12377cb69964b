/// What an operator may set, where each value came from, and strict reading of their YAML files.
@NullMarked
package mooring.config;

import org.jspecify.annotations.NullMarked;
