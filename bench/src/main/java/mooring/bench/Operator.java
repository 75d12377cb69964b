package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// The management API of a running server, with the operator's key.
final class Operator {

    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final HttpClient HTTP =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(DEADLINE)
                    .build();

    private final URI baseUrl;
    private final String key;

    Operator(URI baseUrl, String key) {
        this.baseUrl = baseUrl;
        this.key = key;
    }

    /// A customer with a key of its own.
    record Customer(String id, String key) {}

    record Balance(BigDecimal posted, BigDecimal available, BigDecimal held) {}

    Customer createCustomer(String name, String credit) throws IOException, InterruptedException {
        String id = post("/api/v1/organizations", object("name", name)).path("id").asText();
        String path = "/api/v1/organizations/" + id;
        String secret = post(path + "/keys", object("name", "bench")).path("secret").asText();
        post(path + "/credits", object("amount", credit).put("reason", "measurement"));
        return new Customer(id, secret);
    }

    /// What an organization may spend in a month.
    void createBudget(String organization, String limit) throws IOException, InterruptedException {
        post(
                "/api/v1/organizations/" + organization + "/budgets",
                object("period", "month").put("limit", limit));
    }

    /// A customer with a key and no money.
    Customer createPoorCustomer(String name) throws IOException, InterruptedException {
        String id = post("/api/v1/organizations", object("name", name)).path("id").asText();
        String path = "/api/v1/organizations/" + id + "/keys";
        return new Customer(id, post(path, object("name", "bench")).path("secret").asText());
    }

    /// So many requests a minute for the whole organization.
    void limitRequests(String organization, int perMinute)
            throws IOException, InterruptedException {
        ObjectNode change = Json.MAPPER.createObjectNode().put("rpm", perMinute);
        send(
                request("/api/v1/organizations/" + organization + "/limits", key)
                        .header("content-type", "application/json")
                        .method("PATCH", HttpRequest.BodyPublishers.ofString(change.toString())));
    }

    List<String> organizations() throws IOException, InterruptedException {
        List<String> ids = new ArrayList<>();
        for (JsonNode organization : pages("/api/v1/organizations?limit=200")) {
            ids.add(organization.path("id").asText());
        }
        return ids;
    }

    Balance balance(String organization) throws IOException, InterruptedException {
        JsonNode balance = get("/api/v1/organizations/" + organization + "/balance");
        return new Balance(
                new BigDecimal(balance.path("posted").asText()),
                new BigDecimal(balance.path("available").asText()),
                new BigDecimal(balance.path("held").asText()));
    }

    /// What all organizations have set aside for requests that still run.
    BigDecimal held() throws IOException, InterruptedException {
        BigDecimal held = BigDecimal.ZERO;
        for (String organization : organizations()) {
            held = held.add(balance(organization).held());
        }
        return held;
    }

    /// Every settled request of an organization that began since an instant.
    List<Settled> settled(String organization, Instant from)
            throws IOException, InterruptedException {
        List<Settled> all = new ArrayList<>();
        String path = "/api/v1/organizations/" + organization + "/requests?limit=200&from=" + from;
        for (JsonNode row : pages(path)) {
            if (row.path("state").asText().equals("settled")) {
                all.add(Settled.of(row));
            }
        }
        return all;
    }

    /// The totals of the usage report since an instant.
    JsonNode usageTotals(String organization, Instant from)
            throws IOException, InterruptedException {
        return get("/api/v1/organizations/" + organization + "/usage?from=" + from).path("totals");
    }

    /// What the ledger's verification found, one line each; empty when all is well.
    List<String> violations() throws IOException, InterruptedException {
        JsonNode answer = post("/api/v1/ledger/verify", Json.MAPPER.createObjectNode());
        List<String> found = new ArrayList<>();
        for (JsonNode check : answer.path("checks")) {
            if (check.path("violations").asLong() != 0) {
                found.add(check.toString());
            }
        }
        if (found.isEmpty() && !answer.path("ok").asBoolean()) {
            found.add(answer.toString());
        }
        return found;
    }

    /// The prices of a model, by the name of each.
    JsonNode pricing(String customerKey, String model) throws IOException, InterruptedException {
        return send(request("/v1/models/" + model, customerKey).GET()).path("pricing");
    }

    private List<JsonNode> pages(String path) throws IOException, InterruptedException {
        List<JsonNode> rows = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = get(path + cursor);
            page.path("data").forEach(rows::add);
            JsonNode next = page.path("next_cursor");
            cursor =
                    next.isTextual()
                            ? "&cursor=" + URLEncoder.encode(next.asText(), StandardCharsets.UTF_8)
                            : "";
        } while (!cursor.isEmpty());
        return rows;
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return send(request(path, key).GET());
    }

    private JsonNode post(String path, JsonNode body) throws IOException, InterruptedException {
        return send(
                request(path, key)
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    private HttpRequest.Builder request(String path, String bearer) {
        return HttpRequest.newBuilder(baseUrl.resolve(path))
                .timeout(DEADLINE)
                .header("authorization", "Bearer " + bearer);
    }

    private static JsonNode send(HttpRequest.Builder builder)
            throws IOException, InterruptedException {
        HttpRequest request = builder.build();
        HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException(
                    request.method()
                            + " "
                            + request.uri()
                            + ": "
                            + answer.statusCode()
                            + " "
                            + answer.body());
        }
        return Json.read(answer.body());
    }

    private static ObjectNode object(String field, String value) {
        return Json.MAPPER.createObjectNode().put(field, value);
    }
}
