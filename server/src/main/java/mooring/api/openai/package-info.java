/// OpenAI's dialect: the only place that knows its JSON on the caller's side.
@NullMarked
package mooring.api.openai;

import org.jspecify.annotations.NullMarked;
