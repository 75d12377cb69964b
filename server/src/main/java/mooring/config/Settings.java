package mooring.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mooring.money.Currency;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// What the operator decided for this server, read once at the start.
///
/// A flag wins over the environment, the environment over `mooring.yaml` in the data folder, the
/// file over the default. A name that is not known is refused, never ignored.
public final class Settings {

    private final Map<Setting<?>, Given<?>> values;

    /// A value with where it came from.
    record Given<T>(@Nullable T value, @Nullable String shown, String origin) {}

    private Settings(Map<Setting<?>, Given<?>> values) {
        this.values = Map.copyOf(values);
    }

    /// Reads all settings. Relative paths start from the working directory, those in `mooring.yaml`
    /// from the data folder.
    ///
    /// @param args the flags, as `--name value` or `--name=value`; of one named twice the last
    ///   counts
    /// @param environment of which names that begin with `MOORING_` are read; an empty one is unset
    /// @param dataDirDefault the data folder when neither flag nor environment names one
    /// @throws ConfigException naming every mistake
    public static Settings load(
            List<String> args, Map<String, String> environment, Path dataDirDefault) {
        return new Settings(new SettingsLoader(args, environment).load(dataDirDefault));
    }

    public Path dataDir() {
        return value(KnownSettings.DATA_DIR);
    }

    /// 0 for any free port.
    public int port() {
        return value(KnownSettings.PORT);
    }

    /// 0 for any free port.
    public int adminPort() {
        return value(KnownSettings.ADMIN_PORT);
    }

    public String listen() {
        return value(KnownSettings.LISTEN);
    }

    /// Null when the API's port speaks plain HTTP.
    public @Nullable Path tlsCertificate() {
        return find(KnownSettings.TLS_CERTIFICATE);
    }

    public @Nullable Path tlsKey() {
        return find(KnownSettings.TLS_KEY);
    }

    public Duration headTimeout() {
        return value(KnownSettings.HEAD_TIMEOUT);
    }

    public Duration bodyTimeout() {
        return value(KnownSettings.BODY_TIMEOUT);
    }

    /// Null for the embedded database.
    public @Nullable DatabaseUrl databaseUrl() {
        return find(KnownSettings.DATABASE_URL);
    }

    public int databasePoolSize() {
        return value(KnownSettings.DATABASE_POOL_SIZE);
    }

    /// Null when this is the only node.
    public @Nullable String redisUrl() {
        return find(KnownSettings.REDIS_URL);
    }

    /// The catalogue in force: the file named, else the data folder's, else the bundled one.
    ///
    /// @throws ConfigException when the file cannot be read
    public ConfigText catalog() {
        return text(KnownSettings.CATALOG, "catalog.yaml");
    }

    /// The price file in force: the file named, else the data folder's, else the bundled one.
    ///
    /// @throws ConfigException when the file cannot be read
    public ConfigText prices() {
        return text(KnownSettings.PRICES, "prices.yaml");
    }

    public Path enginesDir() {
        return value(KnownSettings.ENGINES_DIR);
    }

    public String python() {
        return value(KnownSettings.PYTHON);
    }

    public boolean takeOver() {
        return value(KnownSettings.TAKE_OVER);
    }

    public boolean sharePort() {
        return value(KnownSettings.SHARE_PORT);
    }

    public Duration drainIdle() {
        return value(KnownSettings.DRAIN_IDLE);
    }

    public Duration drainNotice() {
        return value(KnownSettings.DRAIN_NOTICE);
    }

    public Duration drainTimeout() {
        return value(KnownSettings.DRAIN_TIMEOUT);
    }

    public long maxBodyBytes() {
        return value(KnownSettings.MAX_BODY_BYTES);
    }

    public ImageUrls imageUrls() {
        return value(KnownSettings.IMAGE_URLS);
    }

    public Duration commitAfter() {
        return value(KnownSettings.COMMIT_AFTER);
    }

    public Duration firstContentTimeout() {
        return value(KnownSettings.FIRST_CONTENT_TIMEOUT);
    }

    public Duration idleTimeout() {
        return value(KnownSettings.IDLE_TIMEOUT);
    }

    public Duration readerTimeout() {
        return value(KnownSettings.READER_TIMEOUT);
    }

    /// Null for what fits this process.
    public @Nullable Long bodyBudgetBytes() {
        return find(KnownSettings.BODY_BUDGET);
    }

    public Duration answerTimeout() {
        return value(KnownSettings.ANSWER_TIMEOUT);
    }

    public Duration connectTimeout() {
        return value(KnownSettings.CONNECT_TIMEOUT);
    }

    public int holdAheadTokens() {
        return value(KnownSettings.HOLD_AHEAD);
    }

    public LogLevel logLevel() {
        return value(KnownSettings.LOG_LEVEL);
    }

    public AccessLogForm accessLog() {
        return value(KnownSettings.ACCESS_LOG);
    }

    /// Null for no traces.
    public @Nullable String otlpEndpoint() {
        return find(KnownSettings.OTLP_ENDPOINT);
    }

    public int traceSamplePercent() {
        return value(KnownSettings.TRACE_SAMPLE);
    }

    /// Empty for none.
    public List<String> trustedProxies() {
        List<String> named = find(KnownSettings.TRUSTED_PROXIES);
        return named == null ? List.of() : named;
    }

    /// Empty for none.
    public List<String> corsOrigins() {
        List<String> named = find(KnownSettings.CORS_ORIGINS);
        return named == null ? List.of() : named;
    }

    /// Null when the node shall use the name that it keeps in its data folder.
    public @Nullable String nodeId() {
        return find(KnownSettings.NODE_ID);
    }

    /// Zero for none.
    public Money startingCredit(Currency currency) {
        return Money.parse(value(KnownSettings.STARTING_CREDIT), currency);
    }

    /// Zero for no warning.
    public Duration expiryWarning() {
        return Duration.ofDays(value(KnownSettings.EXPIRY_WARNING));
    }

    /// 0 for never.
    public int archiveAfterDays() {
        return value(KnownSettings.ARCHIVE_AFTER_DAYS);
    }

    public Path archiveDir() {
        Path named = find(KnownSettings.ARCHIVE_DIR);
        return named == null ? dataDir().resolve("archive") : named;
    }

    public ZoneId timeZone() {
        return value(KnownSettings.TIME_ZONE);
    }

    public int eventLoops() {
        return value(KnownSettings.EVENT_LOOPS);
    }

    /// Every setting in the reference's order, fit to be shown.
    public List<SettingView> view() {
        List<SettingView> views = new ArrayList<>();
        for (Setting<?> setting : KnownSettings.ALL) {
            Given<?> given = given(setting);
            views.add(new SettingView(setting.name(), given.shown(), given.origin()));
        }
        return views;
    }

    private ConfigText text(Setting<Path> setting, String name) {
        Path named = find(setting);
        Path own = dataDir().resolve(name);
        if (named != null) {
            return ConfigText.read(named);
        }
        return Files.exists(own) ? ConfigText.read(own) : ConfigText.bundled(name);
    }

    private <T> T value(Setting<T> setting) {
        T value = find(setting);
        if (value == null) {
            throw new IllegalStateException(setting.name() + " has neither value nor default");
        }
        return value;
    }

    /// Safe, because the loader puts every setting's own kind of value.
    @SuppressWarnings("unchecked")
    private <T> @Nullable T find(Setting<T> setting) {
        return (T) given(setting).value();
    }

    private Given<?> given(Setting<?> setting) {
        Given<?> given = values.get(setting);
        if (given == null) {
            throw new IllegalStateException(setting.name() + " is not among the known settings");
        }
        return given;
    }
}
