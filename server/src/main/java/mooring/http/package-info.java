/// Plain HTTP on the event loop: bodies within bounds, answers with a request id.
@NullMarked
package mooring.http;

import org.jspecify.annotations.NullMarked;
