package mooring.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import mooring.money.Currency;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {

    @TempDir Path folder;

    @Test
    void everySettingHasThisNameAndThisDefault() {
        assertThat(view(load()))
                .isEqualTo(
                        """
                        data-dir %s default
                        port 8080 default
                        admin-port 8081 default
                        listen 127.0.0.1 default
                        share-port false default
                        tls-certificate null default
                        tls-key null default
                        head-timeout 10s default
                        body-timeout 60s default
                        database-url null default
                        database-pool-size 16 default
                        redis-url null default
                        catalog null default
                        prices null default
                        engines-dir engines default
                        python python3 default
                        take-over false default
                        drain-timeout 60s default
                        drain-idle 2s default
                        drain-notice 0s default
                        max-body-bytes 33554432 default
                        heap 320MiB default
                        body-budget null default
                        image-urls fetch default
                        commit-after 10s default
                        first-content-timeout 600s default
                        idle-timeout 120s default
                        reader-timeout 120s default
                        answer-timeout 2h default
                        connect-timeout 2s default
                        hold-ahead 2048 default
                        log-level info default
                        access-log off default
                        otlp-endpoint null default
                        trace-sample 10 default
                        trusted-proxies null default
                        cors-origins null default
                        node-id null default
                        starting-credit 5.00 default
                        expiry-warning 7 default
                        archive-after-days 45 default
                        archive-dir null default
                        time-zone UTC default
                        event-loops 1 default
                        """
                                .formatted(folder));
    }

    @Test
    void theDefaultsMeanThis() {
        Settings settings = load();
        assertThat(settings.dataDir()).isEqualTo(folder);
        assertThat(settings.port()).isEqualTo(8080);
        assertThat(settings.adminPort()).isEqualTo(8081);
        assertThat(settings.listen()).isEqualTo("127.0.0.1");
        assertThat(settings.databaseUrl()).isNull();
        assertThat(settings.databasePoolSize()).isEqualTo(16);
        assertThat(settings.enginesDir()).isEqualTo(Path.of("engines").toAbsolutePath());
        assertThat(settings.python()).isEqualTo("python3");
        assertThat(settings.takeOver()).isFalse();
        assertThat(settings.sharePort()).isFalse();
        assertThat(settings.drainIdle()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.drainNotice()).isZero();
        assertThat(settings.drainTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(settings.maxBodyBytes()).isEqualTo(32 * 1024 * 1024);
        assertThat(settings.commitAfter()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings.firstContentTimeout()).isEqualTo(Duration.ofMinutes(10));
        assertThat(settings.idleTimeout()).isEqualTo(Duration.ofMinutes(2));
        assertThat(settings.holdAheadTokens()).isEqualTo(2048);
        assertThat(settings.logLevel()).isEqualTo(LogLevel.INFO);
        assertThat(settings.nodeId()).isNull();
        assertThat(settings.startingCredit(Currency.USD).nanos()).isEqualTo(5_000_000_000L);
        assertThat(settings.eventLoops()).isEqualTo(1);
    }

    @Test
    void everyDefaultIsAValueThatCouldBeWritten() {
        for (Setting<?> setting : KnownSettings.ALL) {
            if (setting.byDefault() != null) {
                assertThat(setting.kind().parse(setting.byDefault(), folder))
                        .as(setting.name())
                        .isNotNull();
            }
        }
    }

    @Test
    void aFlagWinsOverTheEnvironmentAndThatOverTheFile() {
        file("port: 1001\nadmin-port: 1002\nlisten: 0.0.0.0\n");
        Settings settings =
                load(
                        Map.of("MOORING_PORT", "2001", "MOORING_ADMIN_PORT", "2002"),
                        "--port",
                        "3001");
        assertThat(settings.port()).isEqualTo(3001);
        assertThat(settings.adminPort()).isEqualTo(2002);
        assertThat(settings.listen()).isEqualTo("0.0.0.0");
        assertThat(view(settings))
                .contains(
                        """
                        port 3001 --port
                        admin-port 2002 MOORING_ADMIN_PORT
                        listen 0.0.0.0 mooring.yaml:3
                        """);
    }

    @Test
    void aFlagIsWrittenWithASpaceOrAnEqualsSignAndTheLastOneCounts() {
        assertThat(load("--port=0", "--hold-ahead", "7").port()).isZero();
        assertThat(load("--port=0", "--port", "9").port()).isEqualTo(9);
    }

    @Test
    void everySettingIsAnEnvironmentVariableToo() {
        Settings settings =
                load(
                        Map.of(
                                "MOORING_DATABASE_POOL_SIZE", "3",
                                "MOORING_FIRST_CONTENT_TIMEOUT", "500ms",
                                "MOORING_MAX_BODY_BYTES", "2MiB",
                                "MOORING_LOG_LEVEL", "debug",
                                "MOORING_STARTING_CREDIT", "0",
                                "MOORING_NODE_ID", "node-1"));
        assertThat(settings.databasePoolSize()).isEqualTo(3);
        assertThat(settings.firstContentTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(settings.maxBodyBytes()).isEqualTo(2_097_152);
        assertThat(settings.logLevel()).isEqualTo(LogLevel.DEBUG);
        assertThat(settings.startingCredit(Currency.USD).nanos()).isZero();
        assertThat(settings.nodeId()).isEqualTo("node-1");
    }

    @Test
    void theDataFolderComesFromFlagOrEnvironment() {
        Path other = folder.resolve("other");
        assertThat(load(Map.of("MOORING_DATA_DIR", other.toString())).dataDir()).isEqualTo(other);
        assertThat(load(Map.of("MOORING_DATA_DIR", "/nowhere"), "--data-dir", "" + other).dataDir())
                .isEqualTo(other);
        assertThat(Settings.load(List.of(), Map.of(), Path.of(".mooring")).dataDir())
                .isEqualTo(Path.of(".mooring").toAbsolutePath());
    }

    @Test
    void variablesOfTheCommandLineAndOfOthersAreLeftAlone() {
        Map<String, String> environment =
                Map.of("MOORING_KEY", "sk", "MOORING_HOME", "/opt", "PATH", "/bin", "PORT", "1");
        assertThat(load(environment).port()).isEqualTo(8080);
    }

    @Test
    void anEmptyVariableIsUnset() {
        assertThat(load(Map.of("MOORING_PORT", "", "MOORING_TAKE_OVER", "")).port())
                .isEqualTo(8080);
    }

    @Test
    void anUnknownSettingIsRefusedWithTheNearestKnownOne() {
        file("port: 1\n\ndatabase_url: postgresql://h/d\n");
        refused(
                Map.of("MOORING_PROT", "1"),
                List.of("--admin_port", "5", "--idle=1s"),
                "--admin_port: unknown setting (did you mean --admin-port?)",
                "--idle: unknown setting (did you mean --idle-timeout?)",
                "MOORING_PROT: unknown setting (did you mean MOORING_PORT?)",
                "mooring.yaml:3: database_url: unknown setting (did you mean database-url?)");
    }

    @Test
    void aBadValueNamesSettingValueOriginAndWhatWasExpected() {
        file("event-loops: many\nlog-level:\npython: [python3]\n");
        refused(
                Map.of("MOORING_IDLE_TIMEOUT", "2"),
                List.of("--port", "65536", "--max-body-bytes=1TiB", "--starting-credit=-1"),
                "port: \"65536\" (from --port; expected: a whole number 0..65535, 0 for any free"
                        + " one)",
                "python: no value (from mooring.yaml:3; expected: a program as in python3)",
                "log-level: no value (from mooring.yaml:2; expected: trace, debug, info, warn,"
                        + " error)",
                "max-body-bytes: \"1TiB\" (from --max-body-bytes; expected: bytes as in 33554432 or"
                        + " 32MiB, 1024..1073741824)",
                "idle-timeout: \"2\" (from MOORING_IDLE_TIMEOUT; expected: a time as in 500ms, 10s,"
                        + " 5m or 1h, 100ms..24h)",
                "starting-credit: \"-1\" (from --starting-credit; expected: a decimal as in 5.00,"
                        + " at most nine digits after the point, 0 for none)",
                "event-loops: \"many\" (from mooring.yaml:1; expected: a whole number 1..64)");
    }

    @Test
    void aFlagWithoutItsValueAndAWordWithoutItsFlagAreRefused() {
        refused(
                Map.of(),
                List.of("status", "--port", "--listen"),
                "\"status\": unexpected (expected: --name value)",
                "port: no value (from --port; expected: a whole number 0..65535, 0 for any free"
                        + " one)",
                "listen: no value (from --listen; expected: an address as in 127.0.0.1 or 0.0.0.0)");
    }

    @Test
    void takingOverIsAskedForByAFlagAloneAndForOneStartOnly() {
        assertThat(load("--take-over", "--port", "9").takeOver()).isTrue();
        file("take-over: true\n");
        refused(
                Map.of("MOORING_TAKE_OVER", "true"),
                List.of("--take-over=true"),
                "take-over: \"true\" (from --take-over; expected: the flag alone)",
                "take-over: \"true\" (from MOORING_TAKE_OVER; expected: the flag alone)",
                "take-over: \"true\" (from mooring.yaml:1; expected: the flag alone)");
    }

    @Test
    void theFileCannotNameTheFolderThatItLiesIn() {
        file("data-dir: /elsewhere\n");
        refused(
                Map.of(),
                List.of(),
                "mooring.yaml:1: data-dir: not settable in the folder that it names (expected:"
                        + " --data-dir or MOORING_DATA_DIR)");
    }

    @Test
    void aFileThatIsNoYamlOrNamesASettingTwiceIsRefusedWithItsLine() {
        file("port: 1\nport: 2\n");
        refused(Map.of(), List.of(), "mooring.yaml:2: port: a second time (first in line 1)");
        file("port: 1\nlisten: \"0.0.0.0\n");
        refused(
                Map.of(),
                List.of(),
                "mooring.yaml:2: not YAML: while scanning a quoted scalar, found unexpected end"
                        + " of stream");
        file("- port\n");
        refused(
                Map.of(),
                List.of(),
                "mooring.yaml:1: a list (expected: lines such as name: value)");
    }

    @Test
    void anEmptyFileIsNone() {
        file("# nothing yet\n");
        assertThat(load().port()).isEqualTo(8080);
    }

    @Test
    void oneProcessCannotHaveTheSamePortTwice() {
        refused(
                Map.of(),
                List.of("--port", "8081"),
                "admin-port: 8081 (by default) is the port of the API too (expected: another one,"
                        + " or 0 for any free one)");
        assertThat(load("--port=0", "--admin-port=0").adminPort()).isZero();
    }

    @Test
    void aDatabasesPasswordIsNeverShown() {
        for (String url :
                List.of(
                        "postgresql://mooring:geh@im/?x@db:5432/money",
                        "jdbc:postgresql://db/money?user=mooring&password=geh@im&sslmode=require",
                        "jdbc:postgresql://db/money?SSLPassword=geh@im")) {
            Settings settings = load(Map.of("MOORING_DATABASE_URL", url));
            assertThat(view(settings)).contains("***").doesNotContain("geh").contains("db");
            assertThat(settings.databaseUrl()).isEqualTo(new DatabaseUrl(url));
            assertThat(String.valueOf(settings.databaseUrl())).doesNotContain("geh");
        }
        refused(
                Map.of(),
                List.of("--database-url", "mysql://mooring:geheim@db/money"),
                "database-url: \"***\" (from --database-url; expected:"
                        + " postgresql://user:password@host:5432/database)");
    }

    @Test
    void aPasswordIsNotShownEvenWhereItDoesNotBelong() {
        refused(
                Map.of(),
                List.of("-database-url", "postgresql://mooring:geheim@db/money"),
                "\"-database-url\": unexpected (expected: --name value)",
                "\"postgresql://mooring:***@db/money\": unexpected (expected: --name value)");
    }

    @Test
    void anAddressWithoutAPasswordIsShownWhole() {
        assertThat(load("--database-url", "postgresql://mooring@db/money").view())
                .contains(
                        new SettingView(
                                "database-url", "postgresql://mooring@db/money", "--database-url"));
    }

    @Test
    void pathsInTheFileStartFromTheDataFolder() throws IOException {
        file("catalog: mine/models.yaml\n");
        Files.createDirectory(folder.resolve("mine"));
        Files.writeString(folder.resolve("mine/models.yaml"), "models: []");
        assertThat(load().catalog().name()).isEqualTo(folder + "/mine/models.yaml");
        assertThat(load().catalog().folder()).isEqualTo(folder.resolve("mine"));
    }

    @Test
    void theDataFoldersOwnFilesWinOverTheBundledOnes() throws IOException {
        assertThat(load().catalog()).isEqualTo(ConfigText.bundled("catalog.yaml"));
        assertThat(load().prices()).isEqualTo(ConfigText.bundled("prices.yaml"));
        Files.writeString(folder.resolve("prices.yaml"), "currency: EUR");
        assertThat(load().prices().text()).isEqualTo("currency: EUR");
    }

    @Test
    void aNamedFileThatIsNotThereIsNamed() {
        Settings settings = load("--prices", folder + "/none.yaml", "--catalog", "" + folder);
        assertThatThrownBy(settings::prices)
                .isInstanceOf(ConfigException.class)
                .hasMessage(folder + "/none.yaml: no such file (expected: a YAML file)");
        assertThatThrownBy(settings::catalog)
                .isInstanceOf(ConfigException.class)
                .hasMessage(folder + ": is a folder (expected: a YAML file)");
    }

    private Settings load(String... args) {
        return load(Map.of(), args);
    }

    private Settings load(Map<String, String> environment, String... args) {
        return Settings.load(List.of(args), environment, folder);
    }

    private void refused(Map<String, String> environment, List<String> args, String... mistakes) {
        assertThatThrownBy(() -> Settings.load(args, environment, folder))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.mistakes()).containsExactlyInAnyOrder(mistakes));
    }

    private void file(String text) {
        try {
            Files.writeString(folder.resolve("mooring.yaml"), text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String view(Settings settings) {
        return settings.view().stream()
                .map(each -> each.name() + " " + each.value() + " " + each.origin() + "\n")
                .collect(Collectors.joining());
    }
}
