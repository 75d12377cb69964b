/// The adapter for llama.cpp's own server: slots and whose prompts they hold, answers in several
/// choices, and tools for models whose template has none.
@NullMarked
package mooring.engine.llamacpp;

import org.jspecify.annotations.NullMarked;
