package mooring.gateway;

import static mooring.gateway.GatewayWorld.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.StreamEvent;
import mooring.inference.Usage;
import mooring.metering.UsageRecord;
import mooring.problem.Problem;
import mooring.testing.Await;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Faults of our own on a request's way: they end that one request, and nothing stays held.
class GatewayTest {

    private static void fault() {
        throw new IllegalStateException("a fault of ours");
    }

    private static final List<StreamEvent> ANSWER = answer(Usage.ofPrompt(5, 0, 2, 0));

    static List<StreamEvent> answer(Usage counted) {
        return List.of(
                StreamEvent.Delta.text(0, "Hello"),
                StreamEvent.Delta.text(0, " there"),
                new StreamEvent.Finished(0, FinishReason.STOP, Extras.NONE),
                new StreamEvent.UsageReported(counted),
                new StreamEvent.Ended());
    }

    /// An observer that does nothing, or fails whatever it is told.
    static Observer observer(boolean failing) {
        return (Observer)
                Proxy.newProxyInstance(
                        Observer.class.getClassLoader(),
                        new Class<?>[] {Observer.class},
                        (_, _, _) -> {
                            if (failing) {
                                fault();
                            }
                            return null;
                        });
    }

    @Test
    void whateverFailsBeforeAnAdmissionIsWrittenDownGivesMoneyAndPlaceBack() {
        try (GatewayWorld world = new GatewayWorld(observer(false))) {
            world.answer = ANSWER;
            world.onOpen = GatewayTest::fault;
            world.serve();
            world.onOpen = () -> {};
            world.onEstimate = GatewayTest::fault;
            world.serve();

            assertThat(world.ended).hasSize(2);
            assertThat(world.released).isEmpty();
            assertThat(world.running()).isZero();
            world.onEstimate = () -> {};
            requireAnswered(world);
        }
    }

    @Test
    void whateverFailsBehindItIsWrittenDownAsReleased() {
        try (GatewayWorld world = new GatewayWorld(observer(false))) {
            world.answer = ANSWER;
            world.onListen = GatewayTest::fault;
            world.serve();

            Await.until("it ended", SOON, () -> world.running() == 0);
            assertThat(world.ended).hasSize(1);
            assertThat(world.released).hasSize(1);
            assertThat(world.told).containsExactly(new Problem.Internal());
            world.onListen = () -> {};
            requireAnswered(world);
        }
    }

    @Test
    void anObserverThatFailsDisturbsNoRequest() {
        try (GatewayWorld world = new GatewayWorld(observer(true))) {
            world.answer = ANSWER;
            requireAnswered(world);
            requireAnswered(world);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // A model with a window of 100,000 tokens, a request that was granted 10 of output.
        "5, 2, 5, 2, false",
        "100000, 10, 100000, 10, false",
        "100001, 11, 100001, 11, false",
        "50000000, 2, 100000, 2, true",
        "5, 900000000, 5, 10, true",
        "999999999, 999999999, 100000, 10, true",
    })
    void aCountThatTheRequestCannotHaveIsCutToWhatItCan(
            long prompt, long output, long billedPrompt, long billedOutput, boolean cut) {
        for (boolean streaming : new boolean[] {true, false}) {
            try (GatewayWorld world = new GatewayWorld(observer(false))) {
                world.streaming = streaming;
                world.answer = answer(Usage.ofPrompt(prompt, 0, output, 0));
                requireAnswered(world);

                UsageRecord record = world.settled.getFirst();
                assertThat(record.usage())
                        .isEqualTo(Usage.ofPrompt(billedPrompt, 0, billedOutput, 0));
                assertThat(record.estimated()).isEqualTo(cut);
            }
        }
    }

    @Test
    void aLargeBodyIsFreedAtTheFirstContent() {
        try (GatewayWorld world = new GatewayWorld(observer(false))) {
            world.question = "x".repeat(65 * 1024);
            world.answer = ANSWER.subList(0, 1);
            world.serve();
            Await.until("its body is freed", SOON, () -> world.bodiesDone.get() == 1);
            assertThat(world.running()).isEqualTo(1);
        }
        try (GatewayWorld world = new GatewayWorld(observer(false))) {
            world.question = "x".repeat(65 * 1024);
            world.serve();
            assertThat(world.running()).isEqualTo(1);
            assertThat(world.bodiesDone).as("another attempt may need it").hasValue(0);
        }
    }

    @Test
    void allThatAnObserverCanBeToldIsGuarded() {
        for (Method method : Observer.class.getDeclaredMethods()) {
            if (!method.isSynthetic()) {
                assertThat(GuardedObserver.class.getDeclaredMethods())
                        .as(method.toString())
                        .anySatisfy(
                                own -> {
                                    assertThat(own.getName()).isEqualTo(method.getName());
                                    assertThat(own.getParameterTypes())
                                            .isEqualTo(method.getParameterTypes());
                                });
            }
        }
    }

    private static void requireAnswered(GatewayWorld world) {
        int before = world.receipts.size();
        world.serve();
        Await.until("it is answered", SOON, () -> world.receipts.size() == before + 1);
        Await.until("it has ended", SOON, () -> world.running() == 0);
        assertThat(world.ended).hasSameSizeAs(world.held);
    }
}
