package mooring.cli;

import java.nio.file.Path;

/// A model that was downloaded, and how the catalogue offers it.
///
/// @param path where its file is, absolute
/// @param contextLength tokens of prompt and answer together
record PulledModel(String id, HubFile source, Path path, String sha256, long contextLength) {
    /// Answers computed at once; each takes memory for a whole window.
    static final int PARALLEL = 2;

    /// The lines for a catalogue.
    String yaml() {
        return """
        # Pulled from %s (%s): %s
        # sha256 %s
        - id: %s
          owned_by: %s
          context_length: %d
          capabilities: [tools, json_schema, logprobs]
          parameters:
            n: {min: 1, max: %d}
          passthrough: [min_p, top_k, repeat_penalty]
          replicas:
            - engine: llamacpp
              slots: %d
              command:
                - "{python}"
                - "{engines}/llamacpp/serve.py"
                - --site
                - "{engines}/llamacpp/target/site"
                - --model
                - %s
                - --alias
                - %s
                - --context
                - "%d" # of each request, as context_length above
                - --parallel
                - "%d"
                - --micro-batch
                - "96" # a long prompt then does not freeze the answers that are running
                - --port
                - "{port}"
                - --key-file
                - "{key_file}"
        """
                .formatted(
                        source.repository(),
                        source.revision(),
                        source.path(),
                        sha256,
                        quoted(id),
                        quoted(source.owner()),
                        contextLength,
                        PARALLEL,
                        PARALLEL,
                        quoted(path.toString()),
                        quoted(id),
                        contextLength,
                        PARALLEL);
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
