package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.ledger.Funds;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// The forms that several operations answer with.
final class Shapes {

    private Shapes() {}

    static ObjectNode object() {
        return Json.MAPPER.createObjectNode();
    }

    /// One page of a list.
    ///
    /// @param rows up to one more than `limit`, which shows that there is a next page
    static <T> ObjectNode page(
            List<T> rows, int limit, Function<T, ObjectNode> form, Function<T, Object> id) {
        ObjectNode page = object();
        ArrayNode data = page.putArray("data");
        List<T> shown = rows.size() > limit ? rows.subList(0, limit) : rows;
        shown.forEach(row -> data.add(form.apply(row)));
        page.put("next_cursor", rows.size() > limit ? id.apply(shown.getLast()).toString() : null);
        return page;
    }

    /// A list that is always whole.
    static <T> ObjectNode whole(List<T> rows, Function<T, ObjectNode> form) {
        return page(rows, rows.size(), form, Object::toString);
    }

    static ObjectNode money(Money money) {
        return object().put("amount", money.text()).put("currency", money.currency().code());
    }

    static ObjectNode balance(Funds funds) {
        return object().put("currency", funds.posted().currency().code())
                .put("available", funds.available().text())
                .put("voucher", funds.voucher().text())
                .put("cash", funds.cash().text())
                .put("posted", funds.posted().text())
                .put("held", funds.inUse().text());
    }

    static @Nullable String instant(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }

    static ObjectNode tokens(ObjectNode into, Usage usage) {
        return into.put("input_uncached_tokens", usage.inputUncached())
                .put("cache_read_tokens", usage.cacheRead())
                .put("cache_write_tokens", usage.cacheWrite5m() + usage.cacheWrite1h())
                .put("output_tokens", usage.output())
                .put("reasoning_tokens", usage.reasoning());
    }
}
