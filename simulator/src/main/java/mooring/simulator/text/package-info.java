/// What the pretend engine reads and says: tokens, the chat template, pseudo-words, documents.
@NullMarked
package mooring.simulator.text;

import org.jspecify.annotations.NullMarked;
