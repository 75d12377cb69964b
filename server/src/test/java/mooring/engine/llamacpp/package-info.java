/// Tests of llama.cpp's adapter, against a stand-in that does as it is told and against the engine.
@NullMarked
package mooring.engine.llamacpp;

import org.jspecify.annotations.NullMarked;
