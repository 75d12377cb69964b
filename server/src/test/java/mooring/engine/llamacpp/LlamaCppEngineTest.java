package mooring.engine.llamacpp;

import static mooring.engine.llamacpp.Calls.A;
import static mooring.engine.llamacpp.Calls.B;
import static mooring.engine.llamacpp.Calls.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import mooring.engine.EngineCall;
import mooring.engine.EngineFailure;
import mooring.engine.Heard;
import mooring.engine.llamacpp.Calls.Ask;
import mooring.engine.llamacpp.Calls.Asked;
import mooring.engine.wire.EngineHttp;
import mooring.ids.IdGenerator;
import mooring.inference.CacheScope;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.JsonText;
import mooring.inference.Message;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.inference.Role;
import mooring.inference.Sampling;
import mooring.inference.StreamEvent;
import mooring.inference.ToolChoice;
import mooring.inference.Usage;
import mooring.testing.Await;
import mooring.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LlamaCppEngineTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Ask HELLO = Ask.of("Say hello.");

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final Vertx elsewhere = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final FakeLlama llama = new FakeLlama(elsewhere);
    private final LlamaCppEngine engine =
            new LlamaCppEngine(vertx, new EngineHttp(vertx, llama.url(), "key"), "m", 8);

    @AfterEach
    void stop() {
        Calls.now(vertx.close());
        llama.close();
        Calls.now(elsewhere.close());
    }

    private Asked ask(Ask ask, CacheScope scope) {
        return Calls.ask(vertx, engine, ask, scope);
    }

    /// Lets one call run to its end and tells how it was sent.
    private FakeLlama.Call whole(CacheScope scope) {
        Asked asked = ask(HELLO, scope);
        FakeLlama.Call call = llama.next();
        call.progress(10, 0).text("hello").done();
        asked.heard().ended();
        return call;
    }

    @Test
    void whatTheGatewayDecidesIsWrittenUnderEveryNameThatCouldOutrunIt() {
        ask(HELLO.maxTokens(17), A);

        FakeLlama.Call call = llama.next();

        assertThat(call.body().path("max_tokens").asInt()).isEqualTo(17);
        assertThat(call.body().path("n_predict").asInt()).isEqualTo(17);
        assertThat(call.body().path("n_cache_reuse").asInt(-1)).isZero();
        assertThat(call.body().path("cache_prompt").asBoolean(true)).isFalse();
        assertThat(call.body().path("id_slot").asInt(-1)).isBetween(0, 1);
        assertThat(call.body().path("stream").asBoolean()).isTrue();
        assertThat(call.body().path("timings_per_token").asBoolean()).isTrue();
        assertThat(call.body().path("stream_options").path("include_usage").asBoolean()).isTrue();
        assertThat(call.body().has("n")).isFalse();
        call.done();
    }

    @Test
    void aReservedFieldDoesNotReachTheEngineWhateverTheCatalogueLists() {
        Request plain = HELLO.request();
        Request with =
                new Request(
                        plain.model(),
                        plain.messages(),
                        plain.sampling(),
                        plain.maxTokens(),
                        1,
                        List.of(),
                        new ToolChoice.None(),
                        true,
                        plain.responseFormat(),
                        null,
                        plain.tier(),
                        Map.of(
                                "id_slot", new JsonText("7"),
                                "n_predict", new JsonText("9999"),
                                "n_cmpl", new JsonText("4"),
                                "verbose", new JsonText("true"),
                                "min_p", new JsonText("0.1")),
                        10);
        Heard heard = new Heard();
        Calls.on(
                vertx,
                () ->
                        engine.open(
                                new EngineCall(
                                        new IdGenerator(Clock.system()).nextRequest(), with, 5, A),
                                heard));

        FakeLlama.Call call = llama.next();

        assertThat(call.body().path("n_predict").asInt()).isEqualTo(5);
        assertThat(call.body().path("id_slot").asInt()).isBetween(0, 1);
        assertThat(call.body().path("min_p").asDouble()).isEqualTo(0.1);
        assertThat(call.body().has("n_cmpl")).isFalse();
        assertThat(call.body().has("verbose")).isFalse();
        call.done();
    }

    @Test
    void aScopeComesBackToItsOwnSlotAndOnlyThereFindsItsPromptCached() {
        FakeLlama.Call first = whole(A);
        FakeLlama.Call other = whole(B);
        FakeLlama.Call again = whole(A);

        assertThat(first.cache()).isFalse();
        assertThat(other.cache()).isFalse();
        assertThat(other.slot()).isNotEqualTo(first.slot());
        assertThat(again.slot()).isEqualTo(first.slot());
        assertThat(again.cache()).isTrue();
    }

    @Test
    void aNewScopeTakesTheSlotUnusedForLongestAndNothingOfItsCache() {
        int ofA = whole(A).slot();
        int ofB = whole(B).slot();
        whole(A);

        FakeLlama.Call ofC = whole(C);
        FakeLlama.Call ofBAgain = whole(B);

        assertThat(ofC.slot()).isEqualTo(ofB);
        assertThat(ofC.cache()).isFalse();
        assertThat(ofBAgain.slot()).isEqualTo(ofA);
        assertThat(ofBAgain.cache()).isFalse();
    }

    @Test
    void aRequestThatTheEngineRefusedLeavesItsSlotToNobodysCache() {
        llama.totalSlots = 1;
        whole(A);
        Asked refused = ask(HELLO, B);
        llama.next().refuse(400, "request exceeds the available context size");
        assertThat(refused.heard().failure())
                .isEqualTo(
                        new EngineFailure.Rejected(
                                400, "request exceeds the available context size"));

        assertThat(whole(B).cache()).isFalse();
        assertThat(whole(B).cache()).isTrue();
    }

    @Test
    void aRequestGivenUpBeforeTheEngineBeganTurnsCachingOffForTheSlot() {
        llama.totalSlots = 1;
        whole(A);
        Asked left = ask(HELLO, B);
        FakeLlama.Call unseen = llama.next();
        left.cancel();
        Await.until("the connection closed", SOON, () -> unseen.closed);

        assertThat(whole(C).cache()).isFalse();
        assertThat(whole(C).cache()).as("the stray may still arrive").isFalse();
    }

    @Test
    void aCancelledCallGivesItsSlotBackWhenTheEngineIsDoneWithIt() {
        llama.totalSlots = 1;
        Asked running = ask(HELLO, A);
        FakeLlama.Call call = llama.next();
        call.text("h");
        running.heard().untilText(1);
        llama.busySlots.add(0);
        ask(HELLO, B);
        running.cancel();
        Await.until("the connection closed", SOON, () -> call.closed);
        Await.until("two looks", SOON, () -> llama.slotPolls.get() >= 2);
        assertThat(llama.idle()).isTrue();

        llama.busySlots.clear();

        FakeLlama.Call next = llama.next();
        assertThat(next.cache()).isFalse();
        next.done();
        assertThat(running.heard().over()).isFalse();
    }

    @Test
    void callsWaitInTheOrderTheyCame() {
        llama.totalSlots = 1;
        Asked first = ask(HELLO, A);
        FakeLlama.Call running = llama.next();
        Asked second = ask(Ask.of("second"), B);
        Asked third = ask(Ask.of("third"), C);
        Asked fourth = ask(Ask.of("fourth"), A);
        second.cancel();

        running.text("x").done();
        first.heard().ended();

        FakeLlama.Call next = llama.next();
        assertThat(next.body().path("messages").path(0).path("content").asText())
                .isEqualTo("third");
        assertThat(llama.idle()).isTrue();
        next.text("x").done();
        third.heard().ended();
        llama.next().text("x").done();
        fourth.heard().ended();
        assertThat(second.heard().events()).isEmpty();
    }

    @Test
    void aFullQueueSaysBusy() {
        llama.totalSlots = 1;
        ask(HELLO, A);
        FakeLlama.Call running = llama.next();
        List<Asked> waiting = new ArrayList<>();
        for (int i = 0; i < SlotPool.MAX_WAITING; i++) {
            waiting.add(ask(HELLO, B));
        }
        Asked tooMany = ask(HELLO, C);

        assertThat(tooMany.heard().failure()).isInstanceOf(EngineFailure.Busy.class);
        waiting.forEach(Asked::cancel);
        running.done();
    }

    @Test
    void noSlotIsNamedThatTheEngineDoesNotHaveWhateverItComesBackWith() throws Exception {
        List<Asked> before = List.of(ask(HELLO, A), ask(HELLO, B));
        FakeLlama.Call one = llama.next();
        FakeLlama.Call two = llama.next();
        Asked waiting = ask(HELLO, C);
        llama.totalSlots = 1;
        // Longer than what is known of an engine is taken for granted.
        TimeUnit.MILLISECONDS.sleep(300);

        (one.slot() == 1 ? one : two).text("x").done();
        Await.until("one ended", SOON, () -> before.stream().anyMatch(each -> each.heard().over()));
        (one.slot() == 0 ? one : two).text("x").done();

        FakeLlama.Call next = llama.next();
        assertThat(next.slot()).isZero();
        next.text("x").done();
        waiting.heard().ended();
    }

    @Test
    void anEngineThatDoesNotTellItsSlotsIsNotUsed() {
        llama.propsStatus = 500;

        assertThat(ask(HELLO, A).heard().failure()).isInstanceOf(EngineFailure.Unreachable.class);
        assertThat(llama.idle()).isTrue();
    }

    @Test
    void usageComesBeforeTheContentThatItCounts() {
        Asked asked = ask(HELLO, A);
        FakeLlama.Call call = llama.next();
        call.progress(10, 4).text("a").text("b", 3).done();
        asked.heard().ended();

        assertThat(asked.heard().events())
                .containsExactly(
                        new StreamEvent.UsageReported(Usage.ofPrompt(10, 4, 0, 0)),
                        new StreamEvent.UsageReported(Usage.ofPrompt(10, 0, 1, 0)),
                        text("a"),
                        new StreamEvent.UsageReported(Usage.ofPrompt(10, 0, 4, 0)),
                        text("b"),
                        new StreamEvent.Finished(0, FinishReason.STOP, Extras.NONE),
                        new StreamEvent.UsageReported(Usage.ofPrompt(10, 0, 4, 0)),
                        new StreamEvent.Ended());
    }

    private static StreamEvent.Delta text(String text) {
        return new StreamEvent.Delta(
                0,
                text,
                null,
                null,
                List.of(),
                null,
                new Extras(
                        Map.of("system_fingerprint", new JsonText("\"b0\"")), Map.of(), Map.of()));
    }

    @Test
    void anAnswerThatArrivesByteByByteIsWhole() {
        Asked asked = ask(HELLO, A);
        FakeLlama.Call call = llama.next();
        String text = "中文 ā ē ī 😀";
        byte[] event =
                ("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                                + text
                                + "\"}}],\"timings\":{\"prompt_n\":3,\"predicted_n\":9}}\n\n")
                        .getBytes(StandardCharsets.UTF_8);
        for (byte one : event) {
            call.bytes(Buffer.buffer(new byte[] {one}));
        }
        call.finish("stop").usage(3, 0, 9);

        assertThat(asked.heard().ended().text()).isEqualTo(text);
    }

    @Test
    void severalChoicesRunEachForItselfAndCountTheirPromptOnce() {
        Asked asked = ask(HELLO.choices(3).seed(41), A);
        FakeLlama.Call first = llama.next();
        FakeLlama.Call second = llama.next();
        assertThat(llama.idle()).as("two slots").isTrue();
        second.progress(10, 7).text("b");
        first.progress(10, 2).text("a").text("a");
        second.finish("length").usage(10, 7, 1);
        FakeLlama.Call third = llama.next();
        third.progress(10, 7).text("c").done();
        first.finish("stop").usage(10, 2, 2);
        asked.heard().ended();

        assertThat(List.of(first, second, third))
                .extracting(call -> call.body().path("seed").asInt())
                .containsExactly(41, 42, 43);
        assertThat(asked.heard().choiceText(0)).isEqualTo("aa");
        assertThat(asked.heard().choiceText(1)).isEqualTo("b");
        assertThat(asked.heard().choiceText(2)).isEqualTo("c");
        assertThat(asked.heard().finish(0)).isEqualTo(FinishReason.STOP);
        assertThat(asked.heard().finish(1)).isEqualTo(FinishReason.LENGTH);
        assertThat(asked.heard().finish(2)).isEqualTo(FinishReason.STOP);
        assertThat(asked.heard().usage()).isEqualTo(Usage.ofPrompt(10, 2, 4, 0));
        assertThat(asked.heard().afterEnd()).isZero();
    }

    @Test
    void twoAnswersOfManyChoicesBothComeToTheirEnd() {
        Asked one = ask(HELLO.choices(4), A);
        Asked two = ask(HELLO.choices(4), B);
        for (int i = 0; i < 8; i++) {
            llama.next().text("x").done();
        }

        one.heard().ended();
        two.heard().ended();
    }

    @Test
    void oneFailedChoiceFailsTheAnswerAndStopsTheOthers() {
        Asked asked = ask(HELLO.choices(3), A);
        FakeLlama.Call first = llama.next();
        FakeLlama.Call second = llama.next();
        first.text("a");
        asked.heard().untilText(1);
        second.cut();

        assertThat(asked.heard().failure()).isInstanceOf(EngineFailure.Unreachable.class);
        Await.until("the other is stopped", SOON, () -> first.closed);
        assertThat(asked.heard().afterEnd()).isZero();
    }

    @Test
    void aCancelStopsEveryChoiceAndNothingIsHeardAfterIt() {
        Asked asked = ask(HELLO.choices(3), A);
        FakeLlama.Call first = llama.next();
        FakeLlama.Call second = llama.next();
        first.text("a");
        asked.heard().untilText(1);

        asked.cancel();

        Await.until("both are stopped", SOON, () -> first.closed && second.closed);
        int heard = asked.heard().events().size();
        assertThat(whole(B).cache()).isFalse();
        assertThat(asked.heard().events()).hasSize(heard);
        assertThat(asked.heard().over()).isFalse();
    }

    @Test
    void aSeedBelowZeroIsASeedToo() {
        ask(HELLO.seed(-1), A);
        FakeLlama.Call call = llama.next();

        assertThat(call.body().path("seed").asLong()).isEqualTo(4294967294L);
        call.done();
    }

    @Test
    void anErrorInsideTheStreamIsTheFailureThatItNames() {
        Asked asked = ask(HELLO, A);
        llama.next()
                .progress(10, 0)
                .event("{\"error\":{\"code\":400,\"message\":\"too long\",\"type\":\"x\"}}");

        assertThat(asked.heard().failure()).isEqualTo(new EngineFailure.Rejected(400, "too long"));
    }

    @Test
    void aStreamThatBreaksOffIsNoEnd() {
        Asked asked = ask(HELLO, A);
        FakeLlama.Call call = llama.next();
        call.text("a");
        asked.heard().untilText(1);
        call.cut();

        assertThat(asked.heard().failure()).isInstanceOf(EngineFailure.Broken.class);
    }

    @Test
    void logProbabilitiesHoldAsManyAlternativesAsWereAskedFor() {
        Sampling one = new Sampling(null, null, null, null, null, null, 1, List.of());
        Asked asked = ask(HELLO.sampling(one), A);
        FakeLlama.Call call = llama.next();
        call.event(
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"logprobs\":{\"content\":"
                        + "[{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97],\"top_logprobs\":["
                        + "{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97]},"
                        + "{\"token\":\"b\",\"logprob\":-1.5,\"bytes\":[98]}]}]}}]}");
        call.done();
        asked.heard().ended();

        assertThat(asked.heard().events())
                .filteredOn(event -> event instanceof StreamEvent.Delta)
                .singleElement()
                .extracting(event -> ((StreamEvent.Delta) event).logprobs())
                .isEqualTo(
                        new JsonText(
                                "{\"content\":[{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97],"
                                        + "\"top_logprobs\":[{\"token\":\"a\",\"logprob\":-0.5,"
                                        + "\"bytes\":[97]}]}],\"refusal\":null}"));
    }

    @Test
    void aDeveloperSpeaksAsTheSystem() {
        ask(Ask.of(List.of(Message.of(Role.DEVELOPER, "be brief"))), A);
        FakeLlama.Call call = llama.next();

        assertThat(call.body().path("messages").path(0).path("role").asText()).isEqualTo("system");
        call.done();
    }

    @Test
    void aTemplateThatTakesToolsGetsThem() {
        llama.templateHasTools = true;
        Ask ask = HELLO.tools(new ToolChoice.Named("add"), Calls.WEATHER, Calls.ADD);
        ask(ask, A);
        FakeLlama.Call call = llama.next();

        assertThat(call.body().path("tools")).hasSize(1);
        assertThat(call.body().path("tools").path(0).path("function").path("name").asText())
                .isEqualTo("add");
        assertThat(call.body().path("tool_choice").asText()).isEqualTo("required");
        assertThat(call.body().path("messages")).hasSize(1);
        call.done();
    }

    @Test
    void aPausedAnswerWaitsAndThenGoesOn() {
        Asked asked = ask(HELLO, A);
        Calls.on(vertx, asked.stream()::pause);
        FakeLlama.Call call = llama.next();
        call.text("a").done();
        Calls.on(vertx, () -> {});
        assertThat(asked.heard().text()).isEmpty();

        Calls.on(vertx, asked.stream()::resume);

        assertThat(asked.heard().ended().text()).isEqualTo("a");
    }

    @Test
    void theModelOfTheRequestIsTheEnginesOwnName() {
        assertThat(HELLO.request().model()).isEqualTo(new ModelId("m"));
        ask(HELLO, A);
        FakeLlama.Call call = llama.next();
        assertThat(call.body().path("model").asText()).isEqualTo("m");
        call.done();
    }
}
