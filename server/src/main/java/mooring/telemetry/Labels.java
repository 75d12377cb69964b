package mooring.telemetry;

import java.util.Locale;

/// Names of metrics and labels: OpenTelemetry's for generative AI where it has one, else ours.
final class Labels {

    static final String MODEL = "gen_ai.request.model";
    static final String OPERATION = "gen_ai.operation.name";
    static final String PROVIDER = "gen_ai.provider.name";

    /// Who answers, to callers and in their telemetry.
    static final String OURSELVES = "mooring";

    static final String TOKEN_TYPE = "gen_ai.token.type";
    static final String ERROR_TYPE = "error.type";
    static final String OUTCOME = "outcome";
    static final String STREAMED = "streamed";

    private Labels() {}

    static String value(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /// `InvalidApiKey` as `invalid_api_key`.
    static String value(Class<?> type) {
        return type.getSimpleName()
                .replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_")
                .toLowerCase(Locale.ROOT);
    }
}
