package mooring.engine.llamacpp;

import static mooring.engine.llamacpp.Calls.ADD;
import static mooring.engine.llamacpp.Calls.WEATHER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import mooring.engine.EngineException;
import mooring.engine.Heard;
import mooring.engine.llamacpp.Calls.Ask;
import mooring.engine.wire.ChatCall;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.JsonText;
import mooring.inference.Message;
import mooring.inference.Request;
import mooring.inference.ResponseFormat;
import mooring.inference.Role;
import mooring.inference.StreamEvent;
import mooring.inference.Tool;
import mooring.inference.ToolCall;
import mooring.inference.ToolChoice;
import org.junit.jupiter.api.Test;

class ToolTextTest {

    private static final EngineFacts NO_TOOLS = new EngineFacts(2, false);
    private static final Ask HELLO = Ask.of("Hello");

    private static Request rendered(Ask ask) {
        return Rendered.of(ask.request(), NO_TOOLS).request();
    }

    @Test
    void toolsAreDescribedInTheConversationsOwnSystemMessage() {
        Ask ask =
                Ask.of(
                                List.of(
                                        Message.of(Role.SYSTEM, "Be brief."),
                                        Message.of(Role.USER, "Hello")))
                        .tools(new ToolChoice.Auto(), WEATHER, ADD);

        Request request = rendered(ask);

        assertThat(request.tools()).isEmpty();
        assertThat(request.messages()).hasSize(2);
        assertThat(request.messages().getFirst().role()).isEqualTo(Role.SYSTEM);
        assertThat(request.messages().getFirst().text())
                .startsWith("Be brief.\n\nYou can call these functions:\n{\"name\":\"get_weather\"")
                .contains("\n{\"name\":\"add\",\"parameters\":{")
                .contains("<tool_call>");
    }

    @Test
    void withoutASystemMessageTheToolsBringOne() {
        Request request = rendered(HELLO.tools(new ToolChoice.Required(), ADD));

        assertThat(request.messages()).hasSize(2);
        assertThat(request.messages().getFirst().role()).isEqualTo(Role.SYSTEM);
    }

    @Test
    void toolsThatMayNotBeCalledAreNotDescribed() {
        assertThat(rendered(HELLO.tools(new ToolChoice.None(), ADD)).messages())
                .isEqualTo(HELLO.messages());
    }

    @Test
    void earlierCallsAndTheirResultsAreText() {
        Message calls =
                new Message(
                        Role.ASSISTANT,
                        List.of(),
                        null,
                        List.of(
                                new ToolCall("call_1", "add", "{\"a\": 1, \"b\": 2}"),
                                new ToolCall("call_2", "add", "oops")),
                        null,
                        null);
        Request request =
                rendered(
                        Ask.of(
                                List.of(
                                        Message.of(Role.USER, "add"),
                                        calls,
                                        Message.of(Role.TOOL, "3"),
                                        Message.of(Role.TOOL, "4"),
                                        Message.of(Role.USER, "thanks"))));

        assertThat(request.messages())
                .containsExactly(
                        Message.of(Role.USER, "add"),
                        Message.of(
                                Role.ASSISTANT,
                                "<tool_call>{\"name\":\"add\",\"arguments\":{\"a\": 1, \"b\":"
                                        + " 2}}</tool_call>\n"
                                        + "<tool_call>{\"name\":\"add\",\"arguments\":\"oops\"}</tool_call>"),
                        Message.of(
                                Role.USER,
                                "<tool_response>3</tool_response>\n"
                                        + "<tool_response>4</tool_response>"),
                        Message.of(Role.USER, "thanks"));
    }

    @Test
    void aNamedCallIsForcedByTheSchemaOfItsParameters() {
        Tool bare = new Tool("now", null, null, false);
        Tool open = new Tool("any", null, new JsonText("{\"description\":\"?\"}"), false);

        assertThat(schema(HELLO.tools(new ToolChoice.Named("now"), bare)))
                .isEqualTo("{\"type\":\"object\",\"properties\":{}}");
        assertThat(schema(HELLO.tools(new ToolChoice.Named("any"), open)))
                .isEqualTo("{\"description\":\"?\",\"type\":\"object\"}");
    }

    @Test
    void aRequiredCallIsOneOfTheToolsAndReferencesInsideItsParametersStillHold() {
        assertThat(schema(HELLO.tools(new ToolChoice.Required(), ADD)))
                .isEqualTo(
                        "{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"name\":{\"const\":\"add\"},"
                                + "\"arguments\":{\"$ref\":\"#/$defs/parameters0\"}},"
                                + "\"required\":[\"name\",\"arguments\"],\"additionalProperties\":false}],"
                                + "\"$defs\":{\"parameters0\":{\"type\":\"object\",\"properties\":{"
                                + "\"a\":{\"$ref\":\"#/$defs/parameters0/$defs/n\"},"
                                + "\"b\":{\"$ref\":\"#/$defs/parameters0/$defs/n\"}},"
                                + "\"required\":[\"a\",\"b\"],\"$defs\":{\"n\":{\"type\":\"integer\","
                                + "\"minimum\":0,\"maximum\":99}}}}}");
    }

    @Test
    void aSchemaOfTheCallersOwnBindsOnlyWhereNoCallIsForced() {
        Ask ask = HELLO.schema("{\"type\":\"array\"}");

        assertThat(schema(ask.tools(new ToolChoice.Auto(), ADD))).isEqualTo("{\"type\":\"array\"}");
        assertThat(schema(ask.tools(new ToolChoice.Required(), ADD))).startsWith("{\"anyOf\"");
    }

    @Test
    void parametersThatAreNoObjectAreRefused() {
        Tool wrong = new Tool("wrong", null, new JsonText("[1]"), false);

        assertThatThrownBy(() -> rendered(HELLO.tools(new ToolChoice.Required(), wrong)))
                .isInstanceOf(EngineException.class)
                .hasMessage("parameters of wrong: ARRAY (expected: an object)");
    }

    private static String schema(Ask ask) {
        return rendered(ask).responseFormat()
                        instanceof ResponseFormat.JsonSchema(var _, var _, JsonText schema, var _)
                ? schema.text()
                : "none";
    }

    /// Runs text through a form's reader as whole, and cut at every place and into single
    /// characters.
    private static List<Heard> read(AnswerForm form, String text, FinishReason reason) {
        List<Heard> all = new ArrayList<>();
        for (int cut = 0; cut <= text.length(); cut++) {
            all.add(read(form, reason, text.substring(0, cut), text.substring(cut)));
        }
        all.add(read(form, reason, text.split("(?<=.)")));
        return all;
    }

    private static Heard read(AnswerForm form, FinishReason reason, String... pieces) {
        ChatCall.EventFilter reader = form.reader();
        Heard heard = new Heard();
        for (String piece : pieces) {
            if (!piece.isEmpty()) {
                reader.accept(StreamEvent.Delta.text(0, piece), heard::event);
            }
        }
        reader.accept(new StreamEvent.Finished(0, reason, Extras.NONE), heard::event);
        return heard;
    }

    private static final AnswerForm PERHAPS =
            new AnswerForm.PerhapsCalls(java.util.Set.of("add", "get_weather"), true);

    @Test
    void aNamedCallsTextIsItsArgumentsAsTheyCome() {
        for (Heard heard :
                read(
                        new AnswerForm.ArgumentsOf("add"),
                        "{\"a\" : 1, \"s\": \"}\\\"\"}",
                        FinishReason.STOP)) {
            assertThat(heard.calls()).hasSize(1);
            assertThat(heard.calls().getFirst().name()).isEqualTo("add");
            assertThat(heard.calls().getFirst().id()).matches("call_[0-9a-f]{24}");
            assertThat(heard.calls().getFirst().arguments())
                    .isEqualTo("{\"a\" : 1, \"s\": \"}\\\"\"}");
            assertThat(heard.text()).isEmpty();
            assertThat(heard.finish(0)).isEqualTo(FinishReason.TOOL_CALLS);
        }
    }

    @Test
    void aRequiredCallIsNamedAndItsArgumentsAreWhatTheModelWrote() {
        String text =
                "{\n  \"name\"\n:\n\"add\" ,\"arguments\"  :  {\"a\" : [1, {}], \"b\":\"}\\\\\"} \n}";
        for (Heard heard : read(new AnswerForm.OneCall(), text, FinishReason.STOP)) {
            assertThat(heard.calls()).hasSize(1);
            assertThat(heard.calls().getFirst().name()).isEqualTo("add");
            assertThat(heard.calls().getFirst().arguments())
                    .isEqualTo("{\"a\" : [1, {}], \"b\":\"}\\\\\"}");
            assertThat(heard.finish(0)).isEqualTo(FinishReason.TOOL_CALLS);
        }
    }

    @Test
    void aCallCutOffByTheOutputLimitSaysSo() {
        Heard heard =
                read(
                        new AnswerForm.OneCall(),
                        FinishReason.LENGTH,
                        "{\"name\":\"add\",\"arguments\":{\"a\":1");

        assertThat(heard.calls().getFirst().arguments()).isEqualTo("{\"a\":1");
        assertThat(heard.finish(0)).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aCallCutOffByAStopTextIsNoCall() {
        Heard heard =
                read(new AnswerForm.ArgumentsOf("add"), FinishReason.STOP, "{\"a\":1", ",\"b\"");

        assertThat(heard.finish(0)).isEqualTo(FinishReason.STOP);
    }

    @Test
    void taggedTextIsACallAndSeveralAreSeveral() {
        String text =
                """

                <tool_call>
                {"name": "add", "arguments": {"a": 1}}
                </tool_call>
                <tool_call>{"arguments":{ },"name":"get_weather"}</tool_call>
                """;
        for (Heard heard : read(PERHAPS, text, FinishReason.STOP)) {
            assertThat(heard.calls())
                    .extracting(call -> call.name() + call.arguments())
                    .containsExactly("add{\"a\": 1}", "get_weather{ }");
            assertThat(heard.text()).isEmpty();
            assertThat(heard.finish(0)).isEqualTo(FinishReason.TOOL_CALLS);
        }
    }

    @Test
    void whereOnlyOneCallIsWantedTheFirstIsTaken() {
        AnswerForm one = new AnswerForm.PerhapsCalls(java.util.Set.of("add"), false);
        String text =
                "<tool_call>{\"name\":\"add\",\"arguments\":{}}</tool_call>"
                        + "<tool_call>{\"name\":\"add\",\"arguments\":{}}</tool_call>";
        for (Heard heard : read(one, text, FinishReason.STOP)) {
            assertThat(heard.calls()).hasSize(1);
            assertThat(heard.text()).isEmpty();
        }
    }

    @Test
    void aCallWithoutItsClosingTagCountsWhenItIsWhole() {
        for (Heard heard :
                read(
                        PERHAPS,
                        "<tool_call>{\"name\":\"add\",\"arguments\":\"{}\"}",
                        FinishReason.STOP)) {
            assertThat(heard.calls()).hasSize(1);
            assertThat(heard.calls().getFirst().arguments()).isEqualTo("{}");
        }
    }

    @Test
    void whatOnlyLooksLikeACallIsContentUnchanged() {
        for (String text :
                List.of(
                        "<tool_call>{\"name\":\"unknown\",\"arguments\":{}}</tool_call> x",
                        "<tool_call>not json</tool_call>",
                        "<tool_call>{\"name\":\"add\",\"arguments\":{",
                        "<tool_cal",
                        " <tool> ",
                        "  \n",
                        "Hello <tool_call>{\"name\":\"add\",\"arguments\":{}}</tool_call>")) {
            for (Heard heard : read(PERHAPS, text, FinishReason.STOP)) {
                assertThat(heard.text()).isEqualTo(text);
                assertThat(heard.calls()).isEmpty();
                assertThat(heard.finish(0)).isEqualTo(FinishReason.STOP);
            }
        }
    }

    @Test
    void plainWordsPassAtOnce() {
        ChatCall.EventFilter reader = PERHAPS.reader();
        Heard heard = new Heard();

        reader.accept(StreamEvent.Delta.text(0, "<tool"), heard::event);
        assertThat(heard.text()).isEmpty();
        reader.accept(StreamEvent.Delta.text(0, "s>"), heard::event);
        assertThat(heard.text()).isEqualTo("<tools>");
        reader.accept(StreamEvent.Delta.text(0, "!"), heard::event);
        assertThat(heard.text()).isEqualTo("<tools>!");
    }
}
