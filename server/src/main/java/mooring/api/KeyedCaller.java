package mooring.api;

import io.vertx.core.buffer.Buffer;
import mooring.http.Exchange;
import mooring.http.Recording;
import mooring.idempotency.KeptAnswers;
import mooring.idempotency.KeptAnswers.Question;
import mooring.inference.StreamEvent;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A caller whose answer is kept: hands everything on, copies what leaves, and does not let the
/// request go when its client does.
final class KeyedCaller implements Caller, Recording {

    private final Caller caller;
    private final Exchange exchange;
    private final KeyedCalls calls;
    private final Question question;

    /// Null once there is too much of it.
    private @Nullable Buffer copy = Buffer.buffer();

    private boolean tooLarge;
    private boolean content;
    private boolean holds;
    private boolean gone;
    private Runnable whenWritable = () -> {};

    KeyedCaller(Caller caller, Exchange exchange, KeyedCalls calls, Question question) {
        this.caller = caller;
        this.exchange = exchange;
        this.calls = calls;
        this.question = question;
        exchange.record(this);
    }

    @Override
    public boolean streaming() {
        return caller.streaming();
    }

    @Override
    public void allowance(Allowance allowance) {
        caller.allowance(allowance);
    }

    @Override
    public void promptTokens(long tokens) {
        caller.promptTokens(tokens);
    }

    @Override
    public void commit() {
        caller.commit();
    }

    @Override
    public void keepAlive() {
        caller.keepAlive();
    }

    @Override
    public void event(StreamEvent event) {
        content |= event instanceof StreamEvent.Delta;
        caller.event(event);
    }

    @Override
    public void complete(Receipt receipt) {
        holds = true;
        caller.complete(receipt);
    }

    /// What was delivered of a stream is charged, so it is the key's answer, with its error. Any
    /// other failure costs nothing and frees the key.
    @Override
    public void fail(Problem problem) {
        if (caller.streaming() && content) {
            holds = true;
            caller.fail(problem);
            return;
        }
        exchange.record(null);
        dropCopy();
        calls.claims()
                .release(exchange.context(), question, exchange.id(), () -> caller.fail(problem));
    }

    /// It may be charged, so its key is not free: what became of it stands in the books, where the
    /// next one with the key looks.
    @Override
    public void doubtful(Problem problem) {
        if (caller.streaming() && content) {
            fail(problem);
            return;
        }
        exchange.record(null);
        dropCopy();
        calls.claims().leave(exchange.id());
        caller.doubtful(problem);
    }

    @Override
    public boolean writable() {
        return gone || caller.writable();
    }

    @Override
    public void onWritable(Runnable action) {
        whenWritable = action;
        caller.onWritable(action);
    }

    @Override
    public void drop() {
        caller.drop();
    }

    /// The request goes on without its client: the copy is what he comes back for.
    @Override
    public void onGone(Runnable action) {
        caller.onGone(
                () -> {
                    gone = true;
                    whenWritable.run();
                });
    }

    @Override
    public void piece(Buffer bytes) {
        Buffer sofar = copy;
        if (sofar == null) {
            return;
        }
        if (sofar.length() + bytes.length() > KeptAnswers.MAX_BYTES) {
            tooLarge = true;
            dropCopy();
        } else if (calls.copies(bytes.length())) {
            sofar.appendBuffer(bytes);
        } else {
            dropCopy();
        }
    }

    private void dropCopy() {
        Buffer sofar = copy;
        if (sofar != null) {
            copy = null;
            calls.copied(sofar.length());
        }
    }

    @Override
    public boolean holds() {
        return holds;
    }

    @Override
    public void end(String contentType, Runnable leave) {
        Buffer whole = copy;
        calls.claims()
                .keep(
                        exchange.context(),
                        question,
                        exchange.id(),
                        whole == null
                                ? null
                                : new KeptAnswers.Answer(exchange.id(), contentType, whole.copy()),
                        tooLarge,
                        leave);
        dropCopy();
    }
}
