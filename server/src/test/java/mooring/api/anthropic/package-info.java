/// Anthropic's dialect, held to its words.
@NullMarked
package mooring.api.anthropic;

import org.jspecify.annotations.NullMarked;
