package mooring.engine.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import mooring.engine.EngineCounters;
import org.junit.jupiter.api.Test;

class MetricsReaderTest {

    private static Optional<EngineCounters> vllm(String text) {
        return MetricsReader.counters(
                Buffer.buffer(text),
                "kauri",
                "vllm:prompt_tokens_total",
                "vllm:generation_tokens_total",
                true);
    }

    @Test
    void countersOfOneModelAreSummedOverItsEngines() {
        assertThat(
                        vllm(
                                """
                                # TYPE vllm:prompt_tokens_total counter
                                process_start_time_seconds 1.76e+09
                                vllm:prompt_tokens_total{engine="0",model_name="kauri"} 1.2e+03
                                vllm:prompt_tokens_total{engine="1",model_name="kauri"} 34.0 1760000000
                                vllm:prompt_tokens_total{engine="0",model_name="rimu"} 9
                                vllm:generation_tokens_total{model_name="kauri",engine="0"} 56
                                """))
                .contains(new EngineCounters("1.76e+09", 1_234, true, 56));
    }

    @Test
    void countersWithoutLabelsAreTheEnginesOwn() {
        assertThat(
                        MetricsReader.counters(
                                Buffer.buffer(
                                        """
                                        llamacpp:prompt_tokens_total 12
                                        llamacpp:tokens_predicted_total 7
                                        """),
                                "kauri",
                                "llamacpp:prompt_tokens_total",
                                "llamacpp:tokens_predicted_total",
                                false))
                .contains(new EngineCounters("", 12, false, 7));
    }

    @Test
    void whatIsNoCounterIsNotGuessed() {
        assertThat(vllm("<html>not here</html>")).isEmpty();
        assertThat(vllm("vllm:prompt_tokens_total 5")).isEmpty();
        assertThat(vllm("vllm:prompt_tokens_total NaN\nvllm:generation_tokens_total 1")).isEmpty();
        assertThat(vllm("vllm:prompt_tokens_total -5\nvllm:generation_tokens_total 1")).isEmpty();
    }
}
