package mooring.api.management;

/// What runs and how it is set.
final class SystemResource {

    private final ConfigView config;
    private final ServerVersion version;

    SystemResource(ConfigView config, ServerVersion version) {
        this.config = config;
        this.version = version;
    }

    Answer config(@SuppressWarnings("unused") Call call) {
        return Answer.ok(
                Shapes.whole(
                        config.settings(),
                        setting ->
                                Shapes.object()
                                        .put("name", setting.name())
                                        .put("value", setting.value())
                                        .put("origin", setting.origin())));
    }

    Answer version(@SuppressWarnings("unused") Call call) {
        return Answer.ok(
                Shapes.object()
                        .put("version", version.version())
                        .put("java", version.java())
                        .put("schema", version.schema()));
    }
}
