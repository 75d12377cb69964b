package mooring.simulator;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/// What a peer does to a TCP connection that no HTTP server does on its own. Event loop only.
final class Wire {

    private Wire() {}

    /// Drops the connection without a farewell: the client reads "connection reset".
    static void reset(HttpConnection connection) {
        Channel channel = channel(connection);
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        close(channel);
    }

    /// Neither reads nor writes any more; the system closes the socket only after that long.
    static void vanish(Vertx vertx, HttpConnection connection, long millis) {
        Channel channel = channel(connection);
        channel.config().setAutoRead(false);
        vertx.setTimer(millis, ignored -> close(channel));
    }

    private static void close(Channel channel) {
        channel.unsafe().close(channel.voidPromise());
    }

    private static Channel channel(HttpConnection connection) {
        if (connection instanceof ConnectionBase base) {
            return base.channel();
        }
        throw new IllegalStateException("no channel behind " + connection.getClass());
    }
}
