package mooring.inference;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a caller wants from a model, free of any dialect.
///
/// @param maxTokens the caller's own limit of output tokens per choice, null when not given
/// @param choices how many answers, to all prompts together
/// @param reasoningEffort as the caller wrote it, null when not given
/// @param tier how urgently it is to be served, and at which price
/// @param passthrough fields outside the dialect that the model's catalogue entry lets through
/// @param promptBytes UTF-8 bytes of everything that becomes prompt: texts, tools, schema
/// @param task what to do with the messages, or with raw inputs in their place
/// @param cacheKey the caller's own word for requests whose prompts begin alike, null when not
///   given
public record Request(
        ModelId model,
        List<Message> messages,
        Sampling sampling,
        @Nullable Long maxTokens,
        int choices,
        List<Tool> tools,
        ToolChoice toolChoice,
        boolean parallelToolCalls,
        ResponseFormat responseFormat,
        @Nullable String reasoningEffort,
        ServiceTier tier,
        Map<String, JsonText> passthrough,
        long promptBytes,
        Task task,
        @Nullable String cacheKey) {

    public Request {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
        passthrough = Map.copyOf(passthrough);
    }

    /// How many answers to each prompt.
    public int choicesEach() {
        return task instanceof Task.Continue(List<TextInput> prompts)
                ? choices / Math.max(1, prompts.size())
                : choices;
    }

    /// The same without what it asks, of which only the counts stay.
    public Request withoutPrompt() {
        return new Request(
                model,
                List.of(),
                sampling,
                maxTokens,
                choices,
                List.of(),
                toolChoice,
                parallelToolCalls,
                new ResponseFormat.Text(),
                reasoningEffort,
                tier,
                Map.of(),
                promptBytes,
                new Task.Chat(),
                cacheKey);
    }

    /// Whether the answer goes on from the assistant's last message.
    public boolean continuesLastMessage() {
        return !messages.isEmpty() && messages.getLast().partial();
    }

    /// A chat.
    public Request(
            ModelId model,
            List<Message> messages,
            Sampling sampling,
            @Nullable Long maxTokens,
            int choices,
            List<Tool> tools,
            ToolChoice toolChoice,
            boolean parallelToolCalls,
            ResponseFormat responseFormat,
            @Nullable String reasoningEffort,
            ServiceTier tier,
            Map<String, JsonText> passthrough,
            long promptBytes) {
        this(
                model,
                messages,
                sampling,
                maxTokens,
                choices,
                tools,
                toolChoice,
                parallelToolCalls,
                responseFormat,
                reasoningEffort,
                tier,
                passthrough,
                promptBytes,
                new Task.Chat(),
                null);
    }

    /// Pictures in all messages.
    public int images() {
        int images = 0;
        for (Message message : messages) {
            for (ContentPart part : message.content()) {
                images += part instanceof ContentPart.Words ? 0 : 1;
            }
        }
        return images;
    }

    /// The same with other messages.
    public Request withMessages(List<Message> others) {
        return new Request(
                model,
                others,
                sampling,
                maxTokens,
                choices,
                tools,
                toolChoice,
                parallelToolCalls,
                responseFormat,
                reasoningEffort,
                tier,
                passthrough,
                promptBytes,
                task,
                cacheKey);
    }

    /// The same under the caller's word for prompts that begin alike.
    public Request withCacheKey(@Nullable String key) {
        return new Request(
                model,
                messages,
                sampling,
                maxTokens,
                choices,
                tools,
                toolChoice,
                parallelToolCalls,
                responseFormat,
                reasoningEffort,
                tier,
                passthrough,
                promptBytes,
                task,
                key);
    }

    /// A task on raw inputs, without messages and tools.
    ///
    /// @param choices over all inputs together
    public static Request raw(
            ModelId model,
            Task task,
            Sampling sampling,
            @Nullable Long maxTokens,
            int choices,
            ServiceTier tier,
            Map<String, JsonText> passthrough,
            long promptBytes) {
        return new Request(
                model,
                List.of(),
                sampling,
                maxTokens,
                choices,
                List.of(),
                new ToolChoice.None(),
                true,
                new ResponseFormat.Text(),
                null,
                tier,
                passthrough,
                promptBytes,
                task,
                null);
    }

    /// A plain question, as probes and tests ask it.
    public static Request of(ModelId model, List<Message> messages) {
        long bytes = 0;
        for (Message message : messages) {
            bytes += message.text().getBytes(StandardCharsets.UTF_8).length;
        }
        return new Request(
                model,
                messages,
                Sampling.DEFAULT,
                null,
                1,
                List.of(),
                new ToolChoice.None(),
                true,
                new ResponseFormat.Text(),
                null,
                ServiceTier.STANDARD,
                Map.of(),
                bytes);
    }
}
