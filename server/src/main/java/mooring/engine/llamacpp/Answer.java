package mooring.engine.llamacpp;

import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import mooring.engine.EngineFailure;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.inference.StreamEvent;
import mooring.inference.Usage;
import org.jspecify.annotations.Nullable;

/// All choices of one answer, each generated in a slot of its own and merged into one stream.
///
/// The engine's own way would run the further choices in slots of its choosing and count only the
/// first. One choice waits for a slot at a time: the others ask when it has one, so that an answer
/// of many choices does not fill the queue, and no answer holds a slot while it waits for one to go
/// on.
final class Answer implements EngineStream {

    private final Generation.Parts parts;
    private final Context context;
    private final EngineListener listener;
    private final List<Generation> generations;
    private final @Nullable Usage[] counts;
    private @Nullable IntFunction<Generation.Order> orders;
    private final int perPrompt;
    private int ended;
    private boolean paused;
    private boolean over;
    private boolean dispatched;

    /// @param perPrompt how many choices each prompt has, which follow one another
    Answer(
            Generation.Parts parts,
            Context context,
            int choices,
            int perPrompt,
            EngineListener listener) {
        this.perPrompt = perPrompt;
        this.parts = parts;
        this.context = context;
        this.listener = listener;
        this.generations = new ArrayList<>(choices);
        this.counts = new Usage[choices];
    }

    boolean over() {
        return over;
    }

    /// @param each what is asked for, by choice
    void begin(IntFunction<Generation.Order> each) {
        orders = each;
        next();
    }

    private void sent() {
        dispatched = true;
        next();
    }

    @Override
    public boolean dispatched() {
        return dispatched;
    }

    private void next() {
        int choice = generations.size();
        if (over || orders == null || choice == counts.length) {
            return;
        }
        Generation generation =
                new Generation(
                        parts,
                        context,
                        orders.apply(choice),
                        this::sent,
                        new EngineListener() {
                            @Override
                            public void connected() {
                                Answer.this.listener.connected();
                            }

                            @Override
                            public void event(StreamEvent event) {
                                heard(choice, event);
                            }

                            @Override
                            public void failed(EngineFailure failure) {
                                Answer.this.failed(failure);
                            }
                        });
        generations.add(generation);
        if (paused) {
            generation.pause();
        }
        generation.begin();
    }

    private void heard(int choice, StreamEvent event) {
        if (over) {
            return;
        }
        switch (event) {
            case StreamEvent.Delta delta -> listener.event(choice == 0 ? delta : of(choice, delta));
            case StreamEvent.Finished finished ->
                    listener.event(
                            new StreamEvent.Finished(choice, finished.reason(), finished.extras()));
            case StreamEvent.UsageReported(Usage usage) -> {
                counts[choice] = usage;
                listener.event(new StreamEvent.UsageReported(sum(usage)));
            }
            case StreamEvent.Ended _ -> {
                if (++ended == counts.length) {
                    over = true;
                    listener.event(event);
                }
            }
        }
    }

    private static StreamEvent.Delta of(int choice, StreamEvent.Delta delta) {
        return new StreamEvent.Delta(
                choice,
                delta.text(),
                delta.reasoning(),
                delta.refusal(),
                delta.toolCalls(),
                delta.logprobs(),
                delta.extras());
    }

    /// Each prompt counts once, as its first choice found it; outputs add up.
    private Usage sum(Usage latest) {
        if (counts.length == 1) {
            return latest;
        }
        long output = 0;
        long reasoning = 0;
        long prompt = 0;
        long cached = 0;
        for (int choice = 0; choice < counts.length; choice++) {
            Usage count = counts[choice];
            if (count != null) {
                if (choice % perPrompt == 0) {
                    prompt += count.prompt();
                    cached += count.cacheRead();
                }
                output += count.output();
                reasoning += count.reasoning();
            }
        }
        return (counts[0] == null ? latest : Usage.ofPrompt(prompt, cached, 0, 0))
                .withOutput(output, reasoning);
    }

    void failed(EngineFailure failure) {
        if (!over) {
            over = true;
            generations.forEach(Generation::cancel);
            listener.failed(failure);
        }
    }

    @Override
    public void pause() {
        paused = true;
        generations.forEach(Generation::pause);
    }

    @Override
    public void resume() {
        paused = false;
        generations.forEach(Generation::resume);
    }

    @Override
    public void cancel() {
        if (!over) {
            over = true;
            generations.forEach(Generation::cancel);
        }
    }
}
