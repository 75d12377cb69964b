package mooring.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mooring.config.Settings.Given;
import org.jspecify.annotations.Nullable;

/// Gathers what flags, environment and file say, lets the strongest win, and notes every mistake.
final class SettingsLoader {

    private static final String PREFIX = "MOORING_";

    /// Read by the command line and the launcher; no settings of the server.
    private static final Set<String> OTHER_VARIABLES = Set.of("MOORING_KEY", "MOORING_HOME");

    private static final String FILE = "mooring.yaml";

    private static final List<String> FLAGS =
            KnownSettings.ALL.stream().map(Setting::flag).toList();

    private static final List<String> VARIABLES =
            KnownSettings.ALL.stream().map(Setting::variable).toList();

    private static final List<String> NAMES =
            KnownSettings.ALL.stream().map(Setting::name).toList();

    private final List<String> args;
    private final Map<String, String> environment;
    private final Path workingFolder = Path.of("").toAbsolutePath();
    private final List<String> mistakes = new ArrayList<>();

    /// A text that was given for a setting.
    private record Entry(String text, String origin, Path folder) {}

    SettingsLoader(List<String> args, Map<String, String> environment) {
        this.args = args;
        this.environment = environment;
    }

    Map<Setting<?>, Given<?>> load(Path dataDirDefault) {
        Map<String, Entry> flags = flags();
        Map<String, Entry> variables = variables();
        Map<Setting<?>, Given<?>> values = new HashMap<>();

        Given<Path> dataDir = given(KnownSettings.DATA_DIR, flags, variables, Map.of());
        if (dataDir.origin().equals("default")) {
            dataDir =
                    new Given<>(
                            workingFolder.resolve(dataDirDefault).normalize(),
                            dataDirDefault.toString(),
                            "default");
        }
        Path folder = dataDir.value();
        Map<String, Entry> file = folder == null ? Map.of() : file(folder);
        for (Setting<?> setting : KnownSettings.ALL) {
            values.put(
                    setting,
                    setting.equals(KnownSettings.DATA_DIR)
                            ? dataDir
                            : given(setting, flags, variables, file));
        }
        checkPorts(values);
        if (!mistakes.isEmpty()) {
            throw new ConfigException(mistakes);
        }
        return values;
    }

    private Map<String, Entry> flags() {
        Map<String, Entry> found = new HashMap<>();
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            int equals = arg.indexOf('=');
            String flag = equals < 0 ? arg : arg.substring(0, equals);
            Setting<?> setting = known(flag, FLAGS);
            if (setting == null) {
                boolean isFlag = flag.startsWith("--") && flag.length() > 2;
                mistakes.add(
                        isFlag
                                ? flag + unknown(flag, FLAGS)
                                : "\""
                                        + DatabaseUrl.maskedIfOne(arg)
                                        + "\": unexpected (expected: --name value)");
                // A word after an unknown flag is its value, not another mistake.
                boolean valueFollows = i + 1 < args.size() && !args.get(i + 1).startsWith("--");
                i += isFlag && equals < 0 && valueFollows ? 1 : 0;
            } else if (setting.alone()) {
                if (equals >= 0) {
                    refuse(setting, arg.substring(equals + 1), flag);
                }
                found.put(setting.name(), new Entry("true", flag, workingFolder));
            } else if (equals >= 0) {
                found.put(
                        setting.name(), new Entry(arg.substring(equals + 1), flag, workingFolder));
            } else if (i + 1 < args.size() && !args.get(i + 1).startsWith("--")) {
                i++;
                found.put(setting.name(), new Entry(args.get(i), flag, workingFolder));
            } else {
                refuse(setting, null, flag);
            }
        }
        return found;
    }

    private Map<String, Entry> variables() {
        Map<String, Entry> found = new HashMap<>();
        for (Map.Entry<String, String> each : new TreeMap<>(environment).entrySet()) {
            String variable = each.getKey();
            if (!variable.startsWith(PREFIX) || OTHER_VARIABLES.contains(variable)) {
                continue;
            }
            Setting<?> setting = known(variable, VARIABLES);
            if (setting == null) {
                mistakes.add(variable + unknown(variable, VARIABLES));
            } else if (setting.alone() && !each.getValue().isEmpty()) {
                refuse(setting, each.getValue(), variable);
            } else if (!each.getValue().isEmpty()) {
                found.put(setting.name(), new Entry(each.getValue(), variable, workingFolder));
            }
        }
        return found;
    }

    private Map<String, Entry> file(Path folder) {
        Path path = folder.resolve(FILE);
        if (!Files.exists(path)) {
            return Map.of();
        }
        try {
            Mistakes broken = new Mistakes(FILE);
            Yaml.Mapping mapping = YamlReader.read(ConfigText.read(path), broken);
            broken.throwIfAny();
            return entries(mapping, folder);
        } catch (ConfigException e) {
            mistakes.addAll(e.mistakes());
            return Map.of();
        }
    }

    private Map<String, Entry> entries(Yaml.Mapping mapping, Path folder) {
        Map<String, Entry> found = new LinkedHashMap<>();
        mapping.entries()
                .forEach(
                        (name, entry) -> {
                            Setting<?> setting = known(name, NAMES);
                            String origin = FILE + ":" + entry.line();
                            if (setting == null) {
                                mistakes.add(origin + ": " + name + unknown(name, NAMES));
                            } else if (setting.equals(KnownSettings.DATA_DIR)) {
                                mistakes.add(
                                        origin
                                                + ": data-dir: not settable in the folder that it"
                                                + " names (expected: --data-dir or"
                                                + " MOORING_DATA_DIR)");
                            } else if (!setting.alone()
                                    && entry.value() instanceof Yaml.Scalar scalar
                                    && scalar.kind() != Yaml.Kind.NOTHING) {
                                found.put(name, new Entry(scalar.text(), origin, folder));
                            } else {
                                boolean text = entry.value() instanceof Yaml.Scalar;
                                refuse(
                                        setting,
                                        text && setting.alone() ? entry.value().shown() : null,
                                        origin);
                            }
                        });
        return found;
    }

    @SafeVarargs
    private <T> Given<T> given(Setting<T> setting, Map<String, Entry>... strongestFirst) {
        for (Map<String, Entry> source : strongestFirst) {
            Entry entry = source.get(setting.name());
            if (entry != null) {
                T value = setting.kind().parse(entry.text(), entry.folder());
                if (value == null) {
                    refuse(setting, entry.text(), entry.origin());
                }
                return new Given<>(value, setting.kind().shown(entry.text()), entry.origin());
            }
        }
        String text = setting.byDefault();
        return new Given<>(
                text == null ? null : setting.kind().parse(text, workingFolder), text, "default");
    }

    private void checkPorts(Map<Setting<?>, Given<?>> values) {
        Given<?> port = values.get(KnownSettings.PORT);
        Given<?> admin = values.get(KnownSettings.ADMIN_PORT);
        if (port != null
                && admin != null
                && port.value() instanceof Integer number
                && number != 0
                && number.equals(admin.value())) {
            mistakes.add(
                    "admin-port: "
                            + number
                            + " ("
                            + from(admin.origin())
                            + ") is the port of the API too (expected: another one, or 0 for any"
                            + " free one)");
        }
    }

    private void refuse(Setting<?> setting, @Nullable String text, String origin) {
        mistakes.add(
                setting.name()
                        + ": "
                        + (text == null ? "no value" : "\"" + setting.kind().shown(text) + "\"")
                        + " ("
                        + from(origin)
                        + "; expected: "
                        + setting.kind().expected()
                        + ")");
    }

    private static String from(String origin) {
        return origin.equals("default") ? "by default" : "from " + origin;
    }

    private static @Nullable Setting<?> known(String written, List<String> forms) {
        int index = forms.indexOf(written);
        return index < 0 ? null : KnownSettings.ALL.get(index);
    }

    private static String unknown(String written, List<String> forms) {
        return ": unknown setting (did you mean " + Nearest.of(written, forms) + "?)";
    }
}
