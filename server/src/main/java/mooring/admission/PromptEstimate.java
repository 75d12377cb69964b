package mooring.admission;

import java.util.concurrent.atomic.AtomicLong;
import mooring.catalog.Model;
import mooring.inference.ContentPart;
import mooring.inference.Message;
import mooring.inference.Request;
import mooring.inference.TextInput;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// An upper bound of a prompt's tokens without tokenizing it: bytes times the highest ratio seen of
/// late, and a part for each message.
///
/// The ratio begins at one token a byte, which no byte-level tokenizer exceeds. Every count that an
/// engine reports moves it: up at once, down slowly.
public final class PromptEstimate {

    /// What a chat template puts around a message, and around the whole.
    private static final long TOKENS_PER_MESSAGE = 12;

    private static final long TOKENS_PER_PROMPT = 48;

    /// What introduces the tools, and what stands around each.
    private static final long TOKENS_FOR_TOOLS = 96;

    private static final long TOKENS_PER_TOOL = 32;

    /// A margin over the highest ratio, in thousandths.
    private static final long MARGIN_THOUSANDTHS = 1_150;

    /// Short prompts are mostly template and teach nothing about the text.
    private static final long MIN_BYTES_TO_LEARN = 256;

    /// How far the ratio moves down towards a lower observation: one part in this.
    private static final long DECAY = 64;

    private static final long ONE = 1_000_000;

    /// Tokens per million bytes.
    private final AtomicLong ratio = new AtomicLong(ONE);

    /// More characters than this no tokenizer in use puts into one token: the longest ones are runs
    /// of blanks.
    private static final long MOST_CHARS_PER_TOKEN = 128;

    /// What a prompt is told that is beyond the window however its text is counted; null when it
    /// may fit.
    static @Nullable Problem beyond(Request request, Model model) {
        if (request.task().several()) {
            // Each has the window for itself.
            return null;
        }
        long characters = 0;
        for (Message message : request.messages()) {
            for (ContentPart part : message.content()) {
                if (part instanceof ContentPart.Words words) {
                    characters += words.chars();
                }
            }
        }
        for (TextInput input : request.task().inputs()) {
            if (input instanceof TextInput.Text(String text)) {
                characters += text.length();
            }
        }
        long least = characters / MOST_CHARS_PER_TOKEN + request.task().givenTokens();
        return least < model.contextLength()
                ? null
                : new Problem.ContextLengthExceeded(
                        "messages",
                        "messages: at least "
                                + least
                                + " tokens (expected: fewer than the model's window of "
                                + model.contextLength()
                                + " tokens; shorten the prompt)");
    }

    /// The most tokens that the prompt should have.
    public long upperBound(Request request) {
        long text =
                Math.ceilDiv(request.promptBytes() * ratio.get() * MARGIN_THOUSANDTHS, ONE * 1_000);
        return Math.min(text, request.promptBytes())
                + request.task().givenTokens()
                + overhead(request);
    }

    /// Learns from what the engine counted.
    public void observe(Request request, long promptTokens) {
        long bytes = request.promptBytes();
        if (bytes < MIN_BYTES_TO_LEARN
                || request.task().givenTokens() > 0
                || request.images() > 0) {
            return;
        }
        long seen = Math.min(ONE, Math.ceilDiv(promptTokens * ONE, bytes));
        ratio.updateAndGet(
                current -> seen >= current ? seen : current - Math.ceilDiv(current - seen, DECAY));
    }

    private static long overhead(Request request) {
        int tools = request.tools().size();
        return TOKENS_PER_PROMPT
                + TOKENS_PER_MESSAGE * request.messages().size()
                + TOKENS_PER_MESSAGE * request.task().inputs().size()
                + (tools == 0 ? 0 : TOKENS_FOR_TOOLS + TOKENS_PER_TOOL * tools);
    }
}
