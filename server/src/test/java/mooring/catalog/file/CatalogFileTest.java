package mooring.catalog.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.catalog.Capability;
import mooring.catalog.EngineKind;
import mooring.catalog.Model;
import mooring.catalog.ParameterRules;
import mooring.catalog.ParameterRules.ToolChoiceKind;
import mooring.catalog.ReplicaSpec;
import mooring.config.ConfigException;
import mooring.config.ConfigText;
import mooring.inference.ModelId;
import mooring.limits.LimitTable;
import mooring.limits.LimitTier;
import mooring.limits.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogFileTest {

    private static final Set<String> RESERVED = Set.of("n_predict", "priority");

    @TempDir Path folder;

    @Test
    void aModelIsReadWithEverythingItsFileSays() throws IOException {
        Files.writeString(folder.resolve("engine.key"), "secret");
        CatalogFile file =
                read(
                        """
                        models:
                          - id: acme/large-1
                            owned_by: Acme
                            context_length: 131072
                            default_max_tokens: 2048
                            max_output_tokens: 32768
                            capabilities: [tools, json_schema, logprobs, reasoning]
                            parameters:
                              temperature: {min: 0, max: 1.5}
                              n: {min: 1, max: 4}
                            passthrough: [min_p, top_k]
                            replicas:
                              - engine: vllm
                                url: http://10.0.0.5:8000
                                model: org/name
                                key_file: engine.key
                                slots: 512
                              - engine: llamacpp
                                command: [llama-server, --port, "{port}", --parallel, "8"]
                                environment: {OMP_NUM_THREADS: "2"}
                        """);
        assertThat(file.warnings()).isEmpty();
        assertThat(file.catalog().models())
                .containsExactly(
                        new Model(
                                new ModelId("acme/large-1"),
                                "Acme",
                                131_072,
                                2_048,
                                32_768,
                                Set.of(
                                        Capability.TOOLS,
                                        Capability.JSON_SCHEMA,
                                        Capability.LOGPROBS,
                                        Capability.REASONING),
                                new ParameterRules(
                                        Map.of(
                                                "temperature",
                                                new ParameterRules.Range(0, 1.5),
                                                "n",
                                                new ParameterRules.Range(1, 4))),
                                Set.of("min_p", "top_k"),
                                List.of(
                                        new ReplicaSpec.Address(
                                                EngineKind.VLLM,
                                                "org/name",
                                                512,
                                                URI.create("http://10.0.0.5:8000"),
                                                folder.resolve("engine.key")),
                                        new ReplicaSpec.Command(
                                                EngineKind.LLAMACPP,
                                                null,
                                                8,
                                                List.of(
                                                        "llama-server",
                                                        "--port",
                                                        "{port}",
                                                        "--parallel",
                                                        "8"),
                                                Map.of("OMP_NUM_THREADS", "2")))));
    }

    @Test
    void whatIsNotSaidHasADefault() {
        Model model = model("context_length: 4096", "url: http://engine");
        assertThat(model.ownedBy()).isEqualTo("unknown");
        assertThat(model.maxOutputTokens()).isEqualTo(4096);
        assertThat(model.defaultMaxTokens()).isEqualTo(1024);
        assertThat(model.capabilities()).isEmpty();
        assertThat(model.parameters()).isEqualTo(ParameterRules.NONE);
        assertThat(model.passthrough()).isEmpty();
        assertThat(model.replicas())
                .containsExactly(
                        new ReplicaSpec.Address(
                                EngineKind.OPENAI, null, 64, URI.create("http://engine"), null));
        assertThat(model("context_length: 512", "url: http://engine").defaultMaxTokens())
                .isEqualTo(512);
    }

    @Test
    void everyEngineHasItsOwnNumberOfSlots() {
        assertThat(replica("engine: vllm\n        url: http://e").slots()).isEqualTo(256);
        assertThat(replica("engine: sglang\n        url: http://e").slots()).isEqualTo(256);
        assertThat(replica("engine: llamacpp\n        url: http://e").slots()).isEqualTo(4);
        assertThat(replica("engine: openai\n        url: http://e").slots()).isEqualTo(64);
    }

    @Test
    void aProviderMayBillWhatIsCancelled() {
        assertThat(replica("url: http://e\n        bills_cancelled: true").billsCancelled())
                .isTrue();
        assertThat(replica("url: http://e").billsCancelled()).isFalse();
        replicaRefused(
                "command: [serve, \"{port}\"]\n        bills_cancelled: true",
                "catalog.yaml:6: models[0].replicas[0].bills_cancelled: beside command (expected:"
                        + " none: nobody bills for it)");
    }

    @Test
    void anAddressMayBePastedWithItsV1() {
        assertThat(url("http://engine:8000/v1")).isEqualTo("http://engine:8000");
        assertThat(url("http://engine:8000/v1/")).isEqualTo("http://engine:8000");
        assertThat(url("http://engine:8000/")).isEqualTo("http://engine:8000");
        assertThat(url("https://api.example.com/openai/v1"))
                .isEqualTo("https://api.example.com/openai");
        assertThat(url("http://[::1]:8000/v1")).isEqualTo("http://[::1]:8000");
    }

    @Test
    void aReservedFieldIsLeftOutOfThePassthroughWithAWarning() {
        CatalogFile file =
                read(
                        """
                        models:
                          - id: m
                            context_length: 10
                            passthrough: [top_k, n_predict]
                            replicas: [{url: "http://e"}]
                        """);
        assertThat(file.warnings())
                .containsExactly(
                        "catalog.yaml:4: models[0].passthrough: \"n_predict\" has no effect: the"
                                + " gateway decides this field itself");
        assertThat(file.catalog().models())
                .first()
                .extracting(Model::passthrough)
                .isEqualTo(Set.of("top_k"));
    }

    @Test
    void everyMistakeInAModelIsNamedWithItsLine() {
        refused(
                """
                models:
                  - id: "two words"
                    context_length: "8k"
                    owned_by: 42
                    capabilities: [tool, vision]
                    parameters:
                      temprature: {min: 0, max: 1}
                      top_p: {min: 1, max: 0}
                      n: {max: 4}
                      top_logprobs: 5
                    passthrough: min_p
                    contxt_length: 8192
                    replicas: [{url: "http://e"}]
                """,
                "catalog.yaml:2: models[0].id: \"two words\" (expected: 1..200 letters, digits and ."
                        + " _ : / @ + -, a letter or digit first)",
                "catalog.yaml:4: models[0].owned_by: 42 (expected: who made the model, in quotes)",
                "catalog.yaml:3: models[0].context_length: \"8k\" (expected: a whole number"
                        + " 1..10000000)",
                "catalog.yaml:5: models[0].capabilities[0]: \"tool\" (expected: tools, json_schema,"
                        + " logprobs, reasoning, embeddings, images)",
                "catalog.yaml:5: models[0].capabilities[1]: \"vision\" (expected: tools,"
                        + " json_schema, logprobs, reasoning, embeddings, images)",
                "catalog.yaml:8: models[0].parameters.top_p: min 1.0, max 0.0 (expected: both, min"
                        + " at most max)",
                "catalog.yaml:9: models[0].parameters.n: min null, max 4.0 (expected: both, min at"
                        + " most max)",
                "catalog.yaml:10: models[0].parameters.top_logprobs: 5 (expected: names with"
                        + " values)",
                "catalog.yaml:7: models[0].parameters.temprature: unknown field (did you mean"
                        + " temperature?)",
                "catalog.yaml:11: models[0].passthrough: \"min_p\" (expected: a list)",
                "catalog.yaml:12: models[0].contxt_length: unknown field (did you mean"
                        + " context_length?)");
    }

    @Test
    void toolChoicesAndStopsOfAModelAreRead() {
        ParameterRules rules =
                read("""
                                models:
                                  - id: m
                                    context_length: 10
                                    parameters:
                                      tool_choice: [none, auto]
                                      stop: {max_count: 5, max_bytes: 32}
                                    replicas: [{url: "http://e"}]
                                """)
                        .catalog()
                        .models()
                        .iterator()
                        .next()
                        .parameters();
        assertThat(rules)
                .isEqualTo(
                        new ParameterRules(
                                Map.of(),
                                Set.of(ToolChoiceKind.NONE, ToolChoiceKind.AUTO),
                                new ParameterRules.StopRule(5, 32)));
    }

    @Test
    void mistakesInToolChoicesAndStopsAreNamedWithTheirLine() {
        refused(
                """
                models:
                  - id: m
                    context_length: 10
                    parameters:
                      tool_choice: [none, required]
                      stop: {max_count: 17, max_bytes: 0, count: 1}
                    replicas: [{url: "http://e"}]
                  - id: n
                    context_length: 10
                    parameters:
                      tool_choice: [auto, forced]
                      stop: 4
                    replicas: [{url: "http://e"}]
                """,
                "catalog.yaml:5: models[0].parameters.tool_choice: none, required (expected: auto"
                        + " among them, since it is what a request with tools means unsaid)",
                "catalog.yaml:6: models[0].parameters.stop.max_count: 17 (expected: a whole number"
                        + " 0..16)",
                "catalog.yaml:6: models[0].parameters.stop.max_bytes: 0 (expected: a whole number"
                        + " 1..2048)",
                "catalog.yaml:6: models[0].parameters.stop.count: unknown field (did you mean"
                        + " max_count?)",
                "catalog.yaml:11: models[1].parameters.tool_choice[1]: \"forced\" (expected: none,"
                        + " auto, required, named)",
                "catalog.yaml:12: models[1].parameters.stop: 4 (expected: names with values)");
    }

    @Test
    void aModelNeedsAnIdAWindowAndAReplica() {
        refused(
                "models:\n  - owned_by: me\n",
                "catalog.yaml:2: models[0].id: missing (expected: the model's public name)",
                "catalog.yaml:2: models[0].context_length: missing (expected: a whole number"
                        + " 1..10000000)");
        refused(
                "models:\n  - {id: m, context_length: 8}\n",
                "catalog.yaml:2: models[0].replicas: missing (expected: a list with at least one url"
                        + " or command)");
        refused("", "catalog.yaml:1: models: missing (expected: a list with at least one model)");
    }

    @Test
    void noLimitReachesBeyondTheOneAroundIt() {
        refused(
                model(
                        "m",
                        "context_length: 100\n    max_output_tokens: 101\n    default_max_tokens:"
                                + " 0",
                        "url: http://e"),
                "catalog.yaml:4: models[0].max_output_tokens: 101 (expected: a whole number 1..100)",
                "catalog.yaml:5: models[0].default_max_tokens: 0 (expected: a whole number"
                        + " 1..100)");
        refused(
                model(
                        "m",
                        "context_length: 100\n    max_output_tokens: 10\n    default_max_tokens: 11",
                        "url: http://e"),
                "catalog.yaml:5: models[0].default_max_tokens: 11 (expected: a whole number 1..10)");
    }

    @Test
    void twoModelsCannotHaveOneId() {
        refused(
                """
                models:
                  - {id: m, context_length: 8, replicas: [{url: "http://e"}]}
                  - {id: m, context_length: 8, replicas: [{url: "http://e"}]}
                """,
                "catalog.yaml:3: models[1].id: \"m\" a second time (expected: each model once)");
    }

    @Test
    void aReplicaIsEitherAnAddressOrACommand() {
        replicaRefused(
                "slots: 3",
                "catalog.yaml:5: models[0].replicas[0].url: missing (expected: the engine's"
                        + " address, or a command that starts it here)");
        replicaRefused(
                "url: http://e\n        command: [x, \"{port}\"]",
                "catalog.yaml:5: models[0].replicas[0].url: beside command (expected: one of the"
                        + " two)");
        replicaRefused(
                "url: http://e\n        environment: {A: b}",
                "catalog.yaml:6: models[0].replicas[0].environment: beside url (expected: none:"
                        + " nothing is started here)");
        replicaRefused(
                "command: [x, \"{port}\"]\n        key_file: /etc/hostname",
                "catalog.yaml:6: models[0].replicas[0].key_file: beside command (expected: none:"
                        + " Mooring makes a key and puts its file in place of {key_file})");
    }

    @Test
    void anAddressThatCannotBeOneIsRefused() {
        String expected = " (expected: http:// or https://, a host, and at most a path)";
        String at = "catalog.yaml:5: models[0].replicas[0].url: ";
        for (String url :
                List.of(
                        "ftp://e",
                        "e:8000",
                        "/v1",
                        "http://",
                        "http://e?x=1",
                        "http://e#a",
                        "http://a b",
                        "http://e:99999")) {
            replicaRefused("url: \"" + url + "\"", at + "\"" + url + "\"" + expected);
        }
        replicaRefused(
                "url: http://e/v1/chat/completions",
                at
                        + "\"http://e/v1/chat/completions\" (expected: the base address, as before"
                        + " /v1)");
        replicaRefused(
                "url: https://user:secret@e",
                at
                        + "a key or password in it (expected: http:// or https://, a host, and at"
                        + " most a path; a key in key_file)");
    }

    @Test
    void aKeyFileThatIsNotThereIsRefused() {
        replicaRefused(
                "url: http://e\n        key_file: none.key",
                "catalog.yaml:6: models[0].replicas[0].key_file: \"none.key\" (expected: a file that"
                        + " this user can read)");
    }

    @Test
    void aCommandListensOnThePortThatItIsGiven() {
        replicaRefused(
                "command: [llama-server, --port, \"8000\"]",
                "catalog.yaml:5: models[0].replicas[0].command: no {port} in it (expected: an"
                        + " argument with {port}, so that the engine listens where Mooring looks)");
        replicaRefused(
                "command: [\"{pyton}\", \"{port}\"]",
                "catalog.yaml:5: models[0].replicas[0].command: \"{pyton}\" (expected: {port},"
                        + " {key_file}, {engines} or {python})");
        replicaRefused(
                "command: [x, --port, \"{port}\", --parallel, 4]",
                "catalog.yaml:5: models[0].replicas[0].command[4]: 4 (expected: a program and its"
                        + " arguments, in quotes)");
        assertThat(replica("command: [x, \"{port}\", '{\"image\": 4}']").slots()).isEqualTo(64);
    }

    @Test
    void aCommandHasNoMoreSlotsThanItDecodesAtOnce() {
        replicaRefused(
                "command: [x, \"{port}\", --parallel, \"4\"]\n        slots: 8",
                "catalog.yaml:6: models[0].replicas[0].slots: 8 (expected: at most 4, as --parallel"
                        + " in command says)");
    }

    @Test
    void unknownFieldsAndEnginesAreRefusedWithTheNearest() {
        replicaRefused(
                "engine: vlm\n        ulr: http://e\n        url: http://e",
                "catalog.yaml:5: models[0].replicas[0].engine: \"vlm\" (expected: llamacpp, vllm,"
                        + " sglang, openai)",
                "catalog.yaml:6: models[0].replicas[0].ulr: unknown field (did you mean url?)");
    }

    @Test
    void aNameTwiceAnAliasAndASecondDocumentAreRefused() {
        refused(
                """
                models:
                  - id: m
                    id: n
                    context_length: 8
                    replicas: [{url: "http://e"}]
                """,
                "catalog.yaml:3: models[0].id: a second time (first in line 2)");
        refused(
                model("m", "context_length: 8", "url: &u http://e\n        model: *u"),
                "catalog.yaml:6: models[0].replicas[0].model: an alias (expected: the value"
                        + " itself)");
        refused(
                model("m", "context_length: 8", "url: http://e") + "---\nmodels: []\n",
                "catalog.yaml:7: a second document (expected: one)");
    }

    @Test
    void tiersAndTheLimitsOfAModelAreRead() {
        LimitTable table =
                read("""
                                limit_tiers:
                                  - {name: tier0, recharge: "0", concurrency: 1, rpm: 3, tpd: 1500000}
                                  - {name: tier1, recharge: "10.5", tpm: 2000000}
                                """
                                + model(
                                        "m",
                                        "limits: {rpm: 7}\n    context_length: 8",
                                        "url: http://e"))
                        .limits();
        assertThat(table.tiers())
                .containsExactly(
                        new LimitTier("tier0", 0, new Limits(1, 3, Limits.NONE, 1_500_000)),
                        new LimitTier(
                                "tier1",
                                10_500_000_000L,
                                new Limits(Limits.NONE, Limits.NONE, 2_000_000, Limits.NONE)));
        assertThat(table.models())
                .containsExactly(
                        Map.entry(
                                new ModelId("m"),
                                new Limits(Limits.NONE, 7, Limits.NONE, Limits.NONE)));
    }

    @Test
    void aLadderOfTiersWithAWrongStepIsRefused() {
        String models = model("m", "context_length: 8", "url: http://e");
        refused(
                "limit_tiers:\n  - {name: a, recharge: \"1\"}\n" + models,
                "catalog.yaml:2: limit_tiers[0].recharge: \"1\" (expected: \"0\" first)");
        refused(
                "limit_tiers:\n  - {name: a, recharge: \"0\"}\n  - {name: b, recharge: \"0\"}\n"
                        + models,
                "catalog.yaml:3: limit_tiers[1].recharge: \"0\" (expected: more than that of the"
                        + " tier before)");
        refused(
                "limit_tiers:\n  - {name: a, recharge: \"0\", rpm: 0, rps: 1}\n" + models,
                "catalog.yaml:2: limit_tiers[0].rpm: 0 (expected: a whole number 1..2000000000)",
                "catalog.yaml:2: limit_tiers[0].rps: unknown field (did you mean rpm?)");
        refused(
                "limit_tiers:\n  - {recharge: \"0\"}\n" + models,
                "catalog.yaml:2: limit_tiers[0].name: missing (expected: 1..63 letters, digits, _ and"
                        + " -, a letter or digit first)");
    }

    @Test
    void noYamlAtAllIsSaidInOneLine() {
        assertThatThrownBy(() -> read("models: [\n  - x"))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "catalog.yaml:1: not YAML: while parsing a flow node, expected the node"
                                + " content, but found '-'");
        assertThatThrownBy(() -> read("[".repeat(1_000)))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("catalog.yaml:1: not YAML: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0ms",
                "-1s",
                "2",
                "1.5s",
                "3m",
                "p49",
                "p100",
                "p9",
                "P95",
                "p95ms",
                "1000000s",
                "2 s",
                "soon"
            })
    void aSecondAttemptAtNoTimeOfOursIsRefused(String written) {
        refused(
                model(
                        "m",
                        "context_length: 8\n    hedge_after: \"" + written + "\"",
                        "url: http://a"),
                "catalog.yaml:4: models[0].hedge_after: "
                        + "\""
                        + written
                        + "\""
                        + " (expected: a time as in 800ms or 2s, or a percentile p50..p99 as in"
                        + " p95)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1ms", "999999s", "p50", "p99"})
    void aSecondAttemptMayGoOutAtOnceOrLate(String written) {
        assertThat(
                        read(model(
                                        "m",
                                        "context_length: 8\n    hedge_after: " + written,
                                        "url: http://a"))
                                .hedging())
                .hasSize(1);
    }

    private CatalogFile read(String text) {
        return CatalogFile.read(new ConfigText("catalog.yaml", text, folder), RESERVED);
    }

    private void refused(String text, String... mistakes) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.mistakes()).containsExactly(mistakes));
    }

    /// A file with one model; the replica's first line is line 5 when the fields take one line.
    private static String model(String id, String fields, String replica) {
        return "models:\n  - id: %s\n    %s\n    replicas:\n      - %s\n"
                .formatted(id, fields, replica);
    }

    private Model model(String fields, String replica) {
        return read(model("m", fields, replica)).catalog().models().iterator().next();
    }

    private ReplicaSpec replica(String replica) {
        return model("context_length: 8", replica).replicas().getFirst();
    }

    private void replicaRefused(String replica, String... mistakes) {
        refused(model("m", "context_length: 8", replica), mistakes);
    }

    private String url(String written) {
        return replica("url: " + written) instanceof ReplicaSpec.Address address
                ? address.url().toString()
                : "no address";
    }
}
