package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import mooring.accounts.Organization;
import mooring.api.management.ManagementWorld.Reply;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.money.Currency;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whatever is wrong with a request, the answer names the field, its value and what was expected.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManagementInputTest {

    private static final String NIL = "org_" + "0".repeat(32);

    private ManagementWorld world;
    private Organization organization;
    private String here;

    @BeforeAll
    void open() {
        world = new ManagementWorld();
        organization = world.ledger.organizations.create("Aroha", Currency.USD);
        here = "/api/v1/organizations/" + organization.id();
    }

    @AfterAll
    void close() {
        world.close();
    }

    private void refused(Reply reply, int status, String param, String message) {
        assertThat(reply.problem()).isEqualTo(message);
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.at("/error/param").isNull() ? "" : reply.text("/error/param"))
                .isEqualTo(param);
        assertThat(reply.text("/error/type")).isEqualTo("invalid_request_error");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {}                             | name     | name: missing (expected: text of 1 to 200 characters)
                    {"name":5}                     | name     | name: 5 (expected: text of 1 to 200 characters)
                    {"name":null}                  | name     | name: null (expected: text of 1 to 200 characters)
                    {"name":""}                    | name     | name: "" (expected: text of 1 to 200 characters)
                    {"name":["a"]}                 | name     | name: a list (expected: text of 1 to 200 characters)
                    {"name":{"a":1}}               | name     | name: an object (expected: text of 1 to 200 characters)
                    {"name":"a","colour":"red"}    | colour   | colour: unknown (expected: currency, name or zone)
                    {"name":"a\\u0000b"}           | name     | name: U+0000 at character 2 (expected: text without control characters)
                    {"name":"a\\nb"}               | name     | name: U+000A at character 2 (expected: text without control characters)
                    {"name":"\\ud800"}             | name     | name: U+D800 at character 1 (expected: text without control characters)
                    {"name":"a","currency":"usd"}  | currency | currency: "usd" (expected: ISO 4217, in capitals)
                    {"name":"a","currency":"EUR"}  | currency | currency: "EUR" (expected: USD, the currency of the prices)
                    []                             | body     | body: a list (expected: a JSON object)
                    null                           | body     | body: null (expected: a JSON object)
                    "name"                         | body     | body: "name" (expected: a JSON object)
                    """)
    void aBadOrganizationIsRefusedByField(String body, String param, String message) {
        refused(world.post("/api/v1/organizations", body), 400, param, message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    5.5                             | 5.5
                    5                               | 5
                    1e30                            | 1E+30
                    1000000000000000000000000000000 | 1000000000000000000000000000000
                    true                            | true
                    "-5"                            | "-5"
                    "1e3"                           | "1e3"
                    "5,00"                          | "5,00"
                    " 5"                            | " 5"
                    "NaN"                           | "NaN"
                    ""                              | ""
                    "0.0000000001"                  | "0.0000000001"
                    "1000000000000000000000000000000" | "1000000000000000000000000000000"
                    """)
    void anAmountThatIsNoPlainDecimalTextAddsNothing(String amount, String shown) {
        Reply reply =
                world.post(here + "/credits", "{\"amount\":" + amount + ",\"reason\":\"test\"}");
        refused(
                reply,
                400,
                "amount",
                "amount: "
                        + shown
                        + " (expected: a decimal above zero, at most 1,000,000,000, as text, with"
                        + " up to nine digits after the point)");
        assertThat(world.get(here + "/balance").text("/posted")).isEqualTo("0.00");
    }

    @ParameterizedTest
    @CsvSource({"0", "0.000000000", "1000000000.000000001", "9999999999"})
    void anAmountOutOfRangeAddsNothing(String amount) {
        Reply reply =
                world.post(
                        here + "/credits", "{\"amount\":\"" + amount + "\",\"reason\":\"test\"}");
        refused(
                reply,
                400,
                "amount",
                "amount: \"" + amount + "\" (expected: above 0 and at most 1000000000.00 USD)");
        assertThat(world.get(here + "/balance").text("/posted")).isEqualTo("0.00");
    }

    @Test
    void creditInAnotherCurrencyIsRefused() {
        refused(
                world.post(
                        here + "/credits",
                        "{\"amount\":\"5\",\"reason\":\"test\",\"currency\":\"NZD\"}"),
                400,
                "currency",
                "currency: \"NZD\" (expected: USD, the organization's currency)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    /api/v1/organizations?limit=0      | limit  | limit: 0 (expected: a whole number of 1 to 200)
                    /api/v1/organizations?limit=201    | limit  | limit: 201 (expected: a whole number of 1 to 200)
                    /api/v1/organizations?limit=-1     | limit  | limit: -1 (expected: a whole number of 1 to 200)
                    /api/v1/organizations?limit=ten    | limit  | limit: "ten" (expected: a whole number of 1 to 200)
                    /api/v1/organizations?limit=1.5    | limit  | limit: "1.5" (expected: a whole number of 1 to 200)
                    /api/v1/organizations?limit=       | limit  | limit: "" (expected: a whole number of 1 to 200)
                    /api/v1/organizations?limit=99999999999999999999 | limit | limit: "99999999999999999999" (expected: a whole number of 1 to 200)
                    /api/v1/organizations?limit=1&limit=2 | limit | limit: given 2 times (expected: once)
                    /api/v1/organizations?limt=5       | limt   | limt: unknown (expected: cursor or limit)
                    /api/v1/organizations?cursor=abc   | cursor | cursor: "abc" (expected: the next_cursor of the page before)
                    /api/v1/organizations?cursor=      | cursor | cursor: "" (expected: text of 1 to 512 characters)
                    /api/v1/version?pretty=1           | pretty | pretty: unknown (expected: none)
                    /api/v1/organizations/org_1        | organization_id | organization_id: "org_1" (expected: org_ and 32 hexadecimal digits)
                    /api/v1/organizations/%2e%2e       | organization_id | organization_id: ".." (expected: org_ and 32 hexadecimal digits)
                    """)
    void aBadParameterIsRefusedByName(String path, String param, String message) {
        refused(world.get(path), 400, param, message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    from=yesterday                     | from     | from: "yesterday" (expected: an instant in UTC such as 2026-11-01T09:00:00Z)
                    from=2026-11-01                    | from     | from: "2026-11-01" (expected: an instant in UTC such as 2026-11-01T09:00:00Z)
                    from=2026-02-30T00:00:00Z          | from     | from: "2026-02-30T00:00:00Z" (expected: an instant in UTC such as 2026-11-01T09:00:00Z)
                    to=2026-11-01T00:00:00%2B13:00     | to       | to: "2026-11-01T00:00:00+13:00" (expected: an instant in UTC such as 2026-11-01T09:00:00Z)
                    to=0001-01-01T00:00:00Z            | to       | to: "0001-01-01T00:00:00Z" (expected: an instant in UTC such as 2026-11-01T09:00:00Z)
                    from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z | from | from: 2026-11-02T00:00:00Z (expected: at most to, which is 2026-11-01T00:00:00Z)
                    group_by=colour                    | group_by | group_by: "colour" (expected: model, key, project, tier, class, day, hour or minute)
                    group_by=model&group_by=model      | group_by | group_by: a list (expected: a list of at most 6 values, each once, each model, key, project, tier, class, day, hour or minute)
                    """)
    void aBadPeriodOrGroupingIsRefused(String query, String param, String message) {
        refused(world.get(here + "/usage?" + query), 400, param, message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"name":"a"        | body: not JSON: Unexpected end-of-input
                    {name:"a"}         | body: not JSON: Unexpected character
                    {"name":"a"} {}    | body: not JSON: Trailing token
                    {"name":"a","name":"b"} | body: not JSON: Duplicate field 'name'
                    """)
    void textThatIsNotJsonIsRefusedAtItsPlace(String body, String message) {
        Reply reply = world.post("/api/v1/organizations", body);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.text("/error/param")).isEqualTo("body");
        assertThat(reply.problem()).startsWith(message).endsWith("(expected: a JSON object)");
    }

    @Test
    void jsonNestedBeyondAllUseIsRefused() {
        Reply reply =
                world.post("/api/v1/organizations", "[".repeat(100_000) + "]".repeat(100_000));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.problem()).contains("nesting depth");
    }

    @Test
    void aBodyOverAMebibyteIsRefused() {
        String large = "{\"name\":\"" + "a".repeat(1024 * 1024) + "\"}";
        refused(
                world.post("/api/v1/organizations", large),
                413,
                "",
                "the body is larger than 1048576 bytes (expected: at most that)");
    }

    @Test
    void aBodyInAnotherFormIsRefused() {
        refused(
                world.call(
                        "POST",
                        "/api/v1/organizations",
                        "name=a",
                        Map.of("Content-Type", "application/x-www-form-urlencoded")),
                415,
                "",
                "content-type: \"application/x-www-form-urlencoded\" (expected: application/json)");
        assertThat(
                        world.call(
                                        "POST",
                                        "/api/v1/organizations",
                                        "{\"name\":\"with a charset\"}",
                                        Map.of("Content-Type", "Application/JSON; charset=utf-8"))
                                .status())
                .isEqualTo(201);
    }

    @Test
    void aBodyWhereNoneIsExpectedIsRefusedUnlessItIsEmpty() {
        String path = "/api/v1/ledger/verify";
        refused(
                world.post(path, "{\"fix\":true}"),
                400,
                "body",
                "body: not empty (expected: none for this operation)");
        assertThat(world.post(path, "{}").status()).isEqualTo(200);
        assertThat(world.post(path, "").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/organizations/",
        "/api/v1/keys",
        "/api/v1/models/x",
        "/api/v1/organizations/x/keys/y"
    })
    void anUnknownPathIsNotFound(String path) {
        Reply reply = world.get(path);
        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.problem()).startsWith("path: \"" + path + "\" does not exist");
    }

    @ParameterizedTest
    @CsvSource({
        "DELETE,/api/v1/organizations,'GET, POST'",
        "PUT,/api/v1/models,GET",
        "GET,/api/v1/ledger/verify,POST",
        "PATCH,/api/v1/prices/publish,POST",
        "OPTIONS,/api/v1/version,GET"
    })
    void anotherMethodIsToldWhichAreAllowed(String method, String path, String allowed) {
        Reply reply = world.call(method, path, null, Map.of());
        assertThat(reply.status()).isEqualTo(405);
        assertThat(reply.raw().headers().firstValue("allow")).contains(allowed);
        assertThat(reply.problem())
                .isEqualTo(method + " is not allowed here (expected: " + allowed + ")");
    }

    @Test
    void whatDoesNotExistIsNotFound() {
        String nowhere = "/api/v1/organizations/" + NIL;
        assertThat(world.get(nowhere).status()).isEqualTo(404);
        assertThat(world.get(nowhere + "/keys").status()).isEqualTo(404);
        assertThat(world.get(nowhere + "/usage").status()).isEqualTo(404);
        assertThat(world.get(nowhere + "/requests").status()).isEqualTo(404);
        assertThat(world.get(nowhere + "/balance").status()).isEqualTo(404);
        assertThat(world.post(nowhere + "/keys", "{\"name\":\"a\"}").status()).isEqualTo(404);
        assertThat(
                        world.post(nowhere + "/credits", "{\"amount\":\"1\",\"reason\":\"a\"}")
                                .problem())
                .contains(new OrganizationId(new UUID(0, 0)) + " does not exist");
        Reply key = world.post("/api/v1/keys/" + new KeyId(new UUID(0, 0)) + "/revoke", "");
        assertThat(key.status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/organizations?limit=%zz,400",
        "/api/v1/organizations/%zz,400",
        "/api/v1/organizations/%00,400",
        "/api/v1//organizations,404"
    })
    void aBrokenAddressGetsAnAnswerLikeAnyOther(String path, int status) throws IOException {
        assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: here\r\n"))
                .startsWith("HTTP/1.1 " + status);
    }

    /// Clients do not send such addresses, so this speaks for itself.
    private String raw(String head) throws IOException {
        int port = java.net.URI.create(world.url()).getPort();
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout((int) ManagementWorld.PATIENCE.toMillis());
            String request =
                    head
                            + "Authorization: Bearer "
                            + ManagementWorld.OPERATOR_KEY
                            + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }
}
