package mooring.bench;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Tells another thread that an answer has come so far.
final class Progress {

    private final int pieces;
    private final CountDownLatch reached = new CountDownLatch(1);

    Progress(int pieces) {
        this.pieces = pieces;
    }

    void at(int count) {
        if (count >= pieces) {
            reached.countDown();
        }
    }

    void await(Duration deadline) throws InterruptedException {
        if (!reached.await(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("no stream within " + deadline.toSeconds() + " s");
        }
    }
}
