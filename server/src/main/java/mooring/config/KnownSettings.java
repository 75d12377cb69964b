package mooring.config;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;

/// Every setting there is, each declared once.
final class KnownSettings {

    static final Setting<Path> DATA_DIR =
            new Setting<>(
                    "data-dir",
                    new Kind.File("a folder"),
                    ".mooring",
                    "Folder for everything that is kept; not settable in the file that lies in it.");

    static final Setting<Integer> PORT =
            new Setting<>(
                    "port", port(), "8080", "Port of the API, for callers and for management.");

    static final Setting<Integer> ADMIN_PORT =
            new Setting<>(
                    "admin-port",
                    port(),
                    "8081",
                    "Port of health and metrics, on the loopback address only.");

    static final Setting<String> LISTEN =
            new Setting<>(
                    "listen",
                    new Kind.Text(
                            "[A-Za-z0-9.:_-]{1,253}", "an address as in 127.0.0.1 or 0.0.0.0"),
                    "127.0.0.1",
                    "Address that the API listens on; 0.0.0.0 opens it to the network.");

    static final Setting<Path> TLS_CERTIFICATE =
            new Setting<>(
                    "tls-certificate",
                    new Kind.File("a PEM file"),
                    null,
                    "Certificate chain of the API's port, which then speaks TLS, HTTP/2 included."
                            + " Read anew when it changes, and on SIGHUP.");

    static final Setting<Path> TLS_KEY =
            new Setting<>(
                    "tls-key",
                    new Kind.File("a PEM file"),
                    null,
                    "Private key of that certificate, without a password.");

    static final Setting<Duration> HEAD_TIMEOUT =
            new Setting<>(
                    "head-timeout",
                    new Kind.Span(Duration.ofMillis(100), Duration.ofMinutes(10)),
                    "10s",
                    "How long the head of a request may take from its first byte; then the"
                            + " connection is closed.");

    static final Setting<Duration> BODY_TIMEOUT =
            new Setting<>(
                    "body-timeout",
                    new Kind.Span(Duration.ofMillis(100), Duration.ofHours(1)),
                    "60s",
                    "How long a request's body may take; then it is refused with status 408.");

    static final Setting<DatabaseUrl> DATABASE_URL =
            new Setting<>(
                    "database-url",
                    new Kind.Database(),
                    null,
                    "PostgreSQL to use instead of the embedded one. A flag is visible to other users"
                            + " of the machine: write a password into the file or the environment.");

    static final Setting<Integer> DATABASE_POOL_SIZE =
            new Setting<>(
                    "database-pool-size",
                    new Kind.Whole(2, 1_000, ""),
                    "16",
                    "Connections to the database, at most.");

    static final Setting<String> REDIS_URL =
            new Setting<>(
                    "redis-url",
                    new Kind.Redis(),
                    null,
                    "Redis or Valkey by which several nodes share every limit; unset, each node"
                            + " counts by itself. A flag is visible to other users of the machine.");

    static final Setting<Path> CATALOG =
            new Setting<>(
                    "catalog",
                    new Kind.File("a YAML file"),
                    null,
                    "File that names the models; unset, catalog.yaml in the data folder if there is"
                            + " one, else the bundled model.");

    static final Setting<Path> PRICES =
            new Setting<>(
                    "prices",
                    new Kind.File("a YAML file"),
                    null,
                    "File with the models' prices; unset, prices.yaml in the data folder if there is"
                            + " one, else those of the bundled model.");

    static final Setting<Path> ENGINES_DIR =
            new Setting<>(
                    "engines-dir",
                    new Kind.File("a folder"),
                    "engines",
                    "Folder of the engine programs, {engines} in the catalogue. The launcher sets"
                            + " it.");

    static final Setting<String> PYTHON =
            new Setting<>(
                    "python",
                    new Kind.Text("\\S(.{0,4000}\\S)?", "a program as in python3"),
                    "python3",
                    "Python that runs engine programs, {python} in the catalogue. The launcher sets"
                            + " it.");

    static final Setting<Boolean> TAKE_OVER =
            new Setting<>(
                    "take-over",
                    new Kind.Switch(),
                    "false",
                    "Start beside the server that holds the data folder and take its place. A flag"
                            + " without a value; `mooring restart` sets it.");

    static final Setting<Boolean> SHARE_PORT =
            new Setting<>(
                    "share-port",
                    new Kind.Switch(),
                    "false",
                    "Listen on a port on which other servers of this machine listen too, all with"
                            + " this flag; the kernel spreads connections over them. A flag without"
                            + " a value; Linux only.");

    static final Setting<Duration> DRAIN_TIMEOUT =
            new Setting<>(
                    "drain-timeout",
                    new Kind.Span(Duration.ZERO, Duration.ofHours(1)),
                    "60s",
                    "How long a stopping server lets running answers finish.");

    static final Setting<Duration> DRAIN_IDLE =
            new Setting<>(
                    "drain-idle",
                    new Kind.Span(Duration.ZERO, Duration.ofMinutes(10)),
                    "2s",
                    "How long a stopping server still answers on connections without a running"
                            + " answer; each such answer says that its connection ends.");

    static final Setting<Duration> DRAIN_NOTICE =
            new Setting<>(
                    "drain-notice",
                    new Kind.Span(Duration.ZERO, Duration.ofMinutes(10)),
                    "0s",
                    "How long a stopping server goes on as before while /readyz says no already, for"
                            + " a balancer to notice.");

    static final Setting<Long> MAX_BODY_BYTES =
            new Setting<>(
                    "max-body-bytes",
                    new Kind.Bytes(1L << 10, 1L << 30),
                    "33554432",
                    "Largest request body, counted after decompression.");

    static final Setting<Long> HEAP =
            new Setting<>(
                    "heap",
                    new Kind.Bytes(256L << 20, 1L << 40),
                    "320MiB",
                    "Memory for what the server keeps in hand, the JVM's heap, which ./mooring gives"
                            + " it at its start; the process takes some 250 MiB more. 320 MiB carry"
                            + " 5,000 answers at a time; prompts of a million tokens want more.");

    static final Setting<Long> BODY_BUDGET =
            new Setting<>(
                    "body-budget",
                    new Kind.Bytes(1L << 20, 1L << 40),
                    null,
                    "Memory that all request bodies above 64 KiB share; what comes above it waits in"
                            + " its socket and is refused as overloaded after 5 s. Unset, a quarter"
                            + " of the heap (74 MiB of 320), at most 192 MiB; more than a quarter"
                            + " is refused at the start.");

    static final Setting<ImageUrls> IMAGE_URLS =
            new Setting<>(
                    "image-urls",
                    new Kind.Choice<>(ImageUrls.class),
                    "fetch",
                    "What becomes of images that requests name by URL: fetch, from public addresses"
                            + " only, or refuse. Engines are never told to fetch them.");

    static final Setting<Duration> COMMIT_AFTER =
            new Setting<>(
                    "commit-after",
                    new Kind.Span(Duration.ofMillis(100), Duration.ofMinutes(10)),
                    "10s",
                    "How long the HTTP status waits for the first content, so that a failing replica"
                            + " can still be replaced unseen; and the pause between keep-alives after"
                            + " it.");

    static final Setting<Duration> FIRST_CONTENT_TIMEOUT =
            new Setting<>(
                    "first-content-timeout",
                    new Kind.Span(Duration.ofMillis(100), Duration.ofHours(24)),
                    "600s",
                    "How long a request waits for its first content before it fails.");

    static final Setting<Duration> IDLE_TIMEOUT =
            new Setting<>(
                    "idle-timeout",
                    new Kind.Span(Duration.ofMillis(100), Duration.ofHours(24)),
                    "120s",
                    "How long a started answer may pause before it fails.");

    static final Setting<Duration> READER_TIMEOUT =
            new Setting<>(
                    "reader-timeout",
                    new Kind.Span(Duration.ofMillis(100), Duration.ofHours(24)),
                    "120s",
                    "How long a caller may leave a streamed answer unread before it is ended, and"
                            + " billed as far as it came.");

    static final Setting<Duration> ANSWER_TIMEOUT =
            new Setting<>(
                    "answer-timeout",
                    new Kind.Span(Duration.ofMillis(100), Duration.ofHours(24)),
                    "2h",
                    "How long a whole answer may take before it fails.");

    static final Setting<Duration> CONNECT_TIMEOUT =
            new Setting<>(
                    "connect-timeout",
                    new Kind.Span(Duration.ofMillis(10), Duration.ofMinutes(1)),
                    "2s",
                    "How long a connection to an engine may take before another one is asked.");

    static final Setting<Integer> HOLD_AHEAD =
            new Setting<>(
                    "hold-ahead",
                    new Kind.Whole(1, 10_000_000, "counted in tokens"),
                    "2048",
                    "Output tokens whose price is held at a time while an answer runs.");

    static final Setting<LogLevel> LOG_LEVEL =
            new Setting<>(
                    "log-level",
                    new Kind.Choice<>(LogLevel.class),
                    "info",
                    "How much the log says.");

    static final Setting<AccessLogForm> ACCESS_LOG =
            new Setting<>(
                    "access-log",
                    new Kind.Choice<>(AccessLogForm.class),
                    "off",
                    "One line for each request in logs/access.log of the data folder: who, what, how"
                            + " much, how long; never what was said.");

    static final Setting<String> OTLP_ENDPOINT =
            new Setting<>(
                    "otlp-endpoint",
                    new Kind.Text(
                            "https?://[^\\s@]{1,2000}",
                            "an address as in http://127.0.0.1:4318/v1/traces"),
                    null,
                    "Collector that traces are sent to, as OTLP over HTTP; unset, there are none.");

    static final Setting<Integer> TRACE_SAMPLE =
            new Setting<>(
                    "trace-sample",
                    new Kind.Whole(0, 100, "percent"),
                    "10",
                    "How many of the requests that belong to no trace yet are traced; the others"
                            + " follow the traceparent that they bring.");

    static final Setting<List<String>> TRUSTED_PROXIES =
            new Setting<>(
                    "trusted-proxies",
                    new Kind.Networks(),
                    null,
                    "Networks of proxies whose X-Forwarded-For is taken for where a caller is, which"
                            + " allowlists go by; unset, that is the peer.");

    static final Setting<List<String>> CORS_ORIGINS =
            new Setting<>(
                    "cors-origins",
                    new Kind.Origins(),
                    null,
                    "Origins whose pages may call the API from a browser; unset, none.");

    static final Setting<String> NODE_ID =
            new Setting<>(
                    "node-id",
                    new Kind.Text(
                            "[a-z0-9][a-z0-9-]{0,62}",
                            "1..63 small letters, digits and hyphens, no hyphen first"),
                    null,
                    "Name of this node among several, the same after every restart; unset, one is"
                            + " made at the first start and kept in the data folder.");

    static final Setting<String> STARTING_CREDIT =
            new Setting<>(
                    "starting-credit",
                    new Kind.Amount(),
                    "5.00",
                    "Promotional credit of the first organization, in the currency of the prices.");

    static final Setting<Integer> EXPIRY_WARNING =
            new Setting<>(
                    "expiry-warning",
                    new Kind.Whole(0, 365, "counted in days"),
                    "7",
                    "How long before its end credit that expires is announced, by an event; 0 for"
                            + " not at all.");

    static final Setting<Integer> ARCHIVE_AFTER_DAYS =
            new Setting<>(
                    "archive-after-days",
                    new Kind.Whole(0, 36_500, "0 for never"),
                    "45",
                    "Days that single requests stay in the database before they go to a file; sums"
                            + " stay for ever. A record that comes even later is put aside for a"
                            + " person, so it should be well above any outage.");

    static final Setting<Path> ARCHIVE_DIR =
            new Setting<>(
                    "archive-dir",
                    new Kind.File("a folder"),
                    null,
                    "Folder of archived days, shared by all nodes of one database; unset, archive in"
                            + " the data folder.");

    static final Setting<ZoneId> TIME_ZONE =
            new Setting<>(
                    "time-zone",
                    new Kind.Zone(),
                    "UTC",
                    "Where it is night for this installation: the ledger is verified at 03:30 there."
                            + " Customers' days are those of their own zones.");

    static final Setting<Integer> EVENT_LOOPS =
            new Setting<>(
                    "event-loops",
                    new Kind.Whole(1, 64, ""),
                    "1",
                    "Threads that carry requests; more than one pays from four cores on.");

    static final List<Setting<?>> ALL =
            List.of(
                    DATA_DIR,
                    PORT,
                    ADMIN_PORT,
                    LISTEN,
                    SHARE_PORT,
                    TLS_CERTIFICATE,
                    TLS_KEY,
                    HEAD_TIMEOUT,
                    BODY_TIMEOUT,
                    DATABASE_URL,
                    DATABASE_POOL_SIZE,
                    REDIS_URL,
                    CATALOG,
                    PRICES,
                    ENGINES_DIR,
                    PYTHON,
                    TAKE_OVER,
                    DRAIN_TIMEOUT,
                    DRAIN_IDLE,
                    DRAIN_NOTICE,
                    MAX_BODY_BYTES,
                    HEAP,
                    BODY_BUDGET,
                    IMAGE_URLS,
                    COMMIT_AFTER,
                    FIRST_CONTENT_TIMEOUT,
                    IDLE_TIMEOUT,
                    READER_TIMEOUT,
                    ANSWER_TIMEOUT,
                    CONNECT_TIMEOUT,
                    HOLD_AHEAD,
                    LOG_LEVEL,
                    ACCESS_LOG,
                    OTLP_ENDPOINT,
                    TRACE_SAMPLE,
                    TRUSTED_PROXIES,
                    CORS_ORIGINS,
                    NODE_ID,
                    STARTING_CREDIT,
                    EXPIRY_WARNING,
                    ARCHIVE_AFTER_DAYS,
                    ARCHIVE_DIR,
                    TIME_ZONE,
                    EVENT_LOOPS);

    private KnownSettings() {}

    private static Kind<Integer> port() {
        return new Kind.Whole(0, 65_535, "0 for any free one");
    }
}
