/// vLLM, SGLang and any other address that speaks OpenAI's contract.
@NullMarked
package mooring.engine.openai;

import org.jspecify.annotations.NullMarked;
