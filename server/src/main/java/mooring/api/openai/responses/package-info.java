/// OpenAI's Responses dialect towards callers, translated to and from the dialect-free request.
@NullMarked
package mooring.api.openai.responses;

import org.jspecify.annotations.NullMarked;
