package mooring.api.management;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What came in for one operation, not yet checked: taken from the request on its event loop, so
/// that another thread can read it.
///
/// @param query every query parameter with its values in order
record RawInput(
        String path,
        Map<String, List<String>> query,
        Map<String, List<String>> headers,
        @Nullable String contentType,
        Buffer body) {

    static RawInput of(HttpServerRequest request, ContractOperation operation, Buffer body) {
        Map<String, List<String>> headers = new HashMap<>();
        for (ContractOperation.Input input : operation.inputs()) {
            List<String> values = request.headers().getAll(input.name());
            if (!values.isEmpty()) {
                headers.put(input.name(), List.copyOf(values));
            }
        }
        Map<String, List<String>> query = new HashMap<>();
        MultiMap params = request.params();
        for (Map.Entry<String, String> entry : params.entries()) {
            query.computeIfAbsent(entry.getKey(), _ -> new ArrayList<>()).add(entry.getValue());
        }
        return new RawInput(
                request.path(), query, headers, request.getHeader("content-type"), body);
    }
}
