/// Anthropic's Messages dialect towards callers, translated to and from the dialect-free request.
@NullMarked
package mooring.api.anthropic;

import org.jspecify.annotations.NullMarked;
