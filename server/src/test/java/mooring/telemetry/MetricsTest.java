package mooring.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import mooring.inference.ModelId;
import mooring.inference.Operation;
import mooring.inference.Usage;
import mooring.problem.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {

    private static final ModelId KAURI = new ModelId("kauri");

    private final Metrics metrics = new Metrics(List.of(KAURI));

    @AfterEach
    void close() {
        metrics.close();
    }

    private List<String> lines(String start) {
        return metrics.scrape().lines().filter(line -> line.startsWith(start)).toList();
    }

    @Test
    void requestsAreCountedByModelOutcomeAndForm() {
        ModelMetrics kauri = metrics.model(KAURI);
        kauri.requestEnded(
                Operation.CHAT, RequestOutcome.COMPLETE, true, TimeUnit.MILLISECONDS.toNanos(300));
        kauri.requestEnded(
                Operation.CHAT, RequestOutcome.COMPLETE, true, TimeUnit.MILLISECONDS.toNanos(200));
        kauri.requestEnded(
                Operation.CHAT, RequestOutcome.CANCELLED, false, TimeUnit.SECONDS.toNanos(2));
        assertThat(lines("gen_ai_server_request_duration_seconds_count"))
                .contains(
                        "gen_ai_server_request_duration_seconds_count{"
                                + "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"mooring\",gen_ai_request_model=\"kauri\","
                                + "outcome=\"complete\",streamed=\"true\"} 2",
                        "gen_ai_server_request_duration_seconds_count{"
                                + "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"mooring\",gen_ai_request_model=\"kauri\","
                                + "outcome=\"cancelled\",streamed=\"false\"} 1");
        assertThat(lines("gen_ai_server_request_duration_seconds_bucket"))
                .contains(
                        "gen_ai_server_request_duration_seconds_bucket{"
                                + "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"mooring\",gen_ai_request_model=\"kauri\","
                                + "outcome=\"complete\",streamed=\"true\",le=\"0.25\"} 1");
    }

    @Test
    void everyOperationHasItsOwnTimes() {
        metrics.model(KAURI)
                .requestEnded(
                        Operation.EMBEDDINGS,
                        RequestOutcome.COMPLETE,
                        false,
                        TimeUnit.SECONDS.toNanos(1));
        metrics.model(KAURI).firstToken(Operation.TEXT_COMPLETION, TimeUnit.SECONDS.toNanos(1));
        assertThat(metrics.scrape().lines())
                .contains(
                        "gen_ai_server_request_duration_seconds_count{gen_ai_operation_name="
                                + "\"embeddings\",gen_ai_provider_name=\"mooring\","
                                + "gen_ai_request_model=\"kauri\",outcome=\"complete\","
                                + "streamed=\"false\"} 1",
                        "gen_ai_server_time_to_first_token_seconds_count{gen_ai_operation_name="
                                + "\"text_completion\",gen_ai_provider_name=\"mooring\","
                                + "gen_ai_request_model=\"kauri\"} 1");
    }

    @Test
    void tokensAreCountedByPriceClassWithoutOverlap() {
        metrics.model(KAURI).tokensUsed(new Usage(100, 20, 3, 4, 50, 10));
        assertThat(lines("mooring_tokens_total{gen_ai_request_model=\"kauri\""))
                .containsExactlyInAnyOrder(
                        tokens("input_uncached", "100.0"),
                        tokens("cache_read", "20.0"),
                        tokens("cache_write", "7.0"),
                        tokens("output", "50.0"));
        assertThat(lines("mooring_reasoning_tokens_total{gen_ai_request_model=\"kauri\""))
                .containsExactly(
                        "mooring_reasoning_tokens_total{gen_ai_request_model=\"kauri\"} 10.0");
    }

    private static String tokens(String type, String count) {
        return "mooring_tokens_total{gen_ai_request_model=\"kauri\",gen_ai_token_type=\""
                + type
                + "\"} "
                + count;
    }

    @Test
    void modelsThatACallerMakesUpNeverBecomeLabels() {
        long before = metrics.scrape().lines().count();
        for (int i = 0; i < 1000; i++) {
            metrics.model(new ModelId("made-up-" + i)).engineFailed(EngineFault.BROKEN);
        }
        assertThat(metrics.scrape()).doesNotContain("made-up");
        assertThat(metrics.scrape().lines().count()).isEqualTo(before);
        assertThat(lines("mooring_engine_failures_total{error_type=\"broken\""))
                .contains(
                        "mooring_engine_failures_total{error_type=\"broken\","
                                + "gen_ai_request_model=\"other\"} 1000.0");
    }

    @Test
    void everyKindOfProblemHasItsOwnCount() {
        metrics.refused(new Problem.InvalidApiKey());
        metrics.refused(new Problem.NotFound("a"));
        metrics.refused(new Problem.NotFound("b"));
        assertThat(lines("mooring_refusals_total"))
                .hasSize(Problem.class.getPermittedSubclasses().length)
                .contains(
                        "mooring_refusals_total{error_type=\"invalid_api_key\"} 1.0",
                        "mooring_refusals_total{error_type=\"not_found\"} 2.0",
                        "mooring_refusals_total{error_type=\"conflict\"} 0.0");
    }

    @Test
    void holdsAndSettlementsShowWhatIsOpen() {
        metrics.holdPlaced();
        metrics.holdPlaced();
        metrics.holdEnded();
        metrics.settled(TimeUnit.MILLISECONDS.toNanos(4));
        metrics.settlementFailed();
        assertThat(lines("mooring_holds_open ")).containsExactly("mooring_holds_open 1.0");
        assertThat(lines("mooring_settlement_duration_seconds_count"))
                .containsExactly("mooring_settlement_duration_seconds_count 1");
        assertThat(lines("mooring_settlements_failed_total"))
                .containsExactly("mooring_settlements_failed_total 1.0");
    }

    @Test
    void aReplicaIsShownInTheStateThatItIsInNow() {
        AtomicReference<ReplicaCondition> state = new AtomicReference<>(ReplicaCondition.STARTING);
        metrics.watchReplica("kauri-1", KAURI, state::get, () -> 3);
        state.set(ReplicaCondition.READY);
        assertThat(lines("mooring_replica_state"))
                .containsExactlyInAnyOrder(
                        replica("starting", "0.0"),
                        replica("ready", "1.0"),
                        replica("down", "0.0"));
        assertThat(lines("mooring_replica_requests{")).first().asString().endsWith(" 3.0");
    }

    private static String replica(String state, String value) {
        return "mooring_replica_state{gen_ai_request_model=\"kauri\",replica=\"kauri-1\",state=\""
                + state
                + "\"} "
                + value;
    }

    @Test
    void theProcessTellsOfItsMemoryThreadsAndProcessor() {
        assertThat(metrics.scrape())
                .contains("jvm_memory_used_bytes{")
                .contains("jvm_threads_live_threads ")
                .contains("process_cpu_usage ")
                .contains("process_files_open_files ")
                .contains("jvm_gc_");
    }

    @Test
    void aModelsMetersAreFoundOnce() {
        assertThat(metrics.model(KAURI)).isSameAs(metrics.model(new ModelId("kauri")));
    }
}
