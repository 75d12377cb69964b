package mooring.api;

import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/// Notices that a client went away before its answer's end.
public final class ClientPresence {

    private final HttpServerResponse response;
    private @Nullable Runnable action;
    private boolean gone;
    private boolean over;

    public ClientPresence(HttpServerResponse response) {
        this.response = response;
        response.closeHandler(_ -> left());
        response.exceptionHandler(_ -> left());
    }

    public void onGone(Runnable whenGone) {
        if (gone || response.closed()) {
            gone = true;
            if (!over) {
                over = true;
                whenGone.run();
            }
        } else {
            action = whenGone;
        }
    }

    /// The client was sent away.
    public void dropped() {
        left();
    }

    /// The answer is whole; from here on leaving is no news.
    public void over() {
        over = true;
        action = null;
    }

    private void left() {
        gone = true;
        Runnable whenGone = action;
        if (!over && whenGone != null) {
            over = true;
            whenGone.run();
        }
    }
}
