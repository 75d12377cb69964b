package mooring.api.management;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import mooring.ids.BackupId;
import mooring.ids.BudgetId;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.RequestId;
import mooring.ids.VoucherId;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// One call whose input has the contract's form; what remains to be judged is its meaning.
///
/// @param values the parameters that were given, or their defaults, by name
record Call(ContractOperation operation, Map<String, Object> values, JsonObject body) {

    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    OrganizationId organization() {
        return id("organization_id", OrganizationId::parse);
    }

    BudgetId budget() {
        return id("budget_id", BudgetId::parse);
    }

    KeyId key() {
        return id("key_id", KeyId::parse);
    }

    VoucherId voucher() {
        return id("voucher_id", VoucherId::parse);
    }

    String node() {
        return Texts.clean("node_id", String.valueOf(text("node_id")));
    }

    RequestId request() {
        return id("request_id", RequestId::parse);
    }

    /// An optional id in the query; null when it was not given.
    <T> @Nullable T optional(String name, Function<String, T> parse) {
        return text(name) == null ? null : id(name, parse);
    }

    /// An optional text in the query; null when it was not given.
    @Nullable String optional(String name) {
        String text = text(name);
        return text == null ? null : Texts.clean(name, text);
    }

    /// A zone of the IANA database, UTC when none was given.
    ZoneId zone() {
        String text = text("zone");
        if (text == null) {
            return ZoneOffset.UTC;
        }
        if (ZoneId.getAvailableZoneIds().contains(text)) {
            return ZoneId.of(text);
        }
        throw new ProblemException(
                Problem.InvalidRequest.of(
                        "zone",
                        SchemaText.shown(text),
                        "a zone of the IANA database such as Pacific/Auckland"));
    }

    /// An amount in the query; null when it was not given.
    @Nullable Money money(String name, Currency currency) {
        String text = text(name);
        if (text == null) {
            return null;
        }
        try {
            return Money.parse(text, currency);
        } catch (IllegalArgumentException | ArithmeticException _) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            name, SchemaText.shown(text), "a decimal amount such as 0.25"));
        }
    }

    BackupId backup() {
        return id("backup_id", BackupId::parse);
    }

    @Nullable String idempotencyKey() {
        String key = text(IDEMPOTENCY_KEY);
        return key == null ? null : Texts.clean(IDEMPOTENCY_KEY, key);
    }

    int limit() {
        return values.get("limit") instanceof Number number ? number.intValue() : 1;
    }

    /// The id behind which the page begins, null for the first page.
    <T> @Nullable T cursor(Function<String, T> parse) {
        String text = text("cursor");
        if (text == null) {
            return null;
        }
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException _) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "cursor",
                            SchemaText.shown(text),
                            "the next_cursor of the page before"));
        }
    }

    Instant instant(String name, Instant without) {
        Instant given = instant(name);
        return given == null ? without : given;
    }

    /// An instant among the parameters; null when it was not given.
    @Nullable Instant instant(String name) {
        return instantOf(name, text(name));
    }

    /// An instant of the body; null when it was not given.
    @Nullable Instant bodyInstant(String name) {
        return instantOf(name, body.getString(name));
    }

    /// A text among the parameters.
    String word(String name, String without) {
        String text = text(name);
        return text == null ? without : Texts.clean(name, text);
    }

    private static @Nullable Instant instantOf(String name, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            OffsetDateTime time = OffsetDateTime.parse(text);
            if (time.getOffset().equals(ZoneOffset.UTC)
                    && time.getYear() >= 1970
                    && time.getYear() <= 9999) {
                return time.toInstant();
            }
        } catch (DateTimeParseException _) {
            // Falls through: the message below says more.
        }
        throw new ProblemException(
                Problem.InvalidRequest.of(
                        name,
                        SchemaText.shown(text),
                        "an instant in UTC such as 2026-11-01T09:00:00Z"));
    }

    List<String> list(String name) {
        return values.get(name) instanceof JsonArray array
                ? array.stream().map(String::valueOf).toList()
                : List.of();
    }

    /// A text of the body; null when it was not given.
    @Nullable String bodyText(String name) {
        String text = body.getString(name);
        return text == null ? null : Texts.clean(name, text);
    }

    /// An id of the body; null when it was not given.
    <T> @Nullable T bodyId(String name, Function<String, T> parse) {
        String text = bodyText(name);
        return text == null ? null : parsed(name, text, parse);
    }

    /// Whole numbers of the body; null when they were not given.
    @Nullable List<Integer> bodyIntegers(String name) {
        JsonArray array = body.getJsonArray(name);
        return array == null
                ? null
                : array.stream().map(number -> ((Number) number).intValue()).toList();
    }

    /// A text that the contract requires in the body.
    String requiredText(String name) {
        String text = bodyText(name);
        if (text == null) {
            throw new IllegalStateException(name + " passed the check without being there");
        }
        return text;
    }

    /// What makes two calls the same write.
    String fingerprint() {
        StringBuilder text = new StringBuilder(operation.id());
        values.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(IDEMPOTENCY_KEY))
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> text.append('\n').append(entry));
        body.stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> text.append('\n').append(entry));
        return text.toString();
    }

    private @Nullable String text(String name) {
        return values.get(name) instanceof String text ? text : null;
    }

    private <T> T id(String name, Function<String, T> parse) {
        return parsed(name, String.valueOf(text(name)), parse);
    }

    private static <T> T parsed(String name, String text, Function<String, T> parse) {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    new Problem.InvalidRequest(name, name + ": " + e.getMessage()));
        }
    }
}
