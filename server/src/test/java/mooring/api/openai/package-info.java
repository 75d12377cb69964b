/// OpenAI's dialect, held to its words.
@NullMarked
package mooring.api.openai;

import org.jspecify.annotations.NullMarked;
