package mooring.app;

import java.nio.file.Path;

/// What a person reads when the server is ready: where it is, how to ask, what to do next.
final class Banner {

    /// Small enough for a laptop, licensed freely, and not gated.
    private static final String BETTER_MODEL =
            "Qwen/Qwen2.5-1.5B-Instruct-GGUF qwen2.5-1.5b-instruct-q4_k_m.gguf";

    /// @param bundledModel whether the model that comes along is the one offered
    record About(
            String baseUrl,
            String adminUrl,
            Path dataDir,
            String model,
            String firstKey,
            boolean bundledModel,
            boolean open) {}

    private Banner() {}

    static String text(About about) {
        StringBuilder text = new StringBuilder();
        text.append(
                """

                Mooring is ready.

                  Base URL    %s/v1
                  API key     %s
                              (also in %s)
                  Model       %s
                  Health      %s/readyz

                Ask it something:

                  curl %s/v1/chat/completions \\
                    -H "Authorization: Bearer %s" \\
                    -H "Content-Type: application/json" \\
                    -d '{"model": "%s", "messages": [{"role": "user", "content": "What is a mooring?"}]}'

                Next: ./mooring chat "What is a mooring?" shows the answer with its tokens, cost and
                balance; ./mooring org create NAME adds a customer.
                """
                        .formatted(
                                about.baseUrl(),
                                about.firstKey(),
                                about.dataDir().resolve("first-key"),
                                about.model(),
                                about.adminUrl(),
                                about.baseUrl(),
                                about.firstKey(),
                                about.model()));
        if (about.bundledModel()) {
            text.append(
                    """

                    The bundled model is tiny: it is for trying the plumbing, not for answers. A
                    better one (1.1 GB) is one line away, then ./mooring restart:

                      ./mooring model pull %s
                    """
                            .formatted(BETTER_MODEL));
        }
        if (about.open()) {
            text.append(
                    """

                    WARNING: this server listens beyond this machine without TLS. Put a TLS proxy in
                    front of it, or leave out --listen.
                    """);
        }
        return text.toString();
    }
}
