/// What the command line promises, tried against a server that answers as the contract says.
@NullMarked
package mooring.cli;

import org.jspecify.annotations.NullMarked;
