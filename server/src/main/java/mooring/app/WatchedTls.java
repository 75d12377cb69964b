package mooring.app;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.spi.tls.SslContextFactory;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/// Java's own TLS, with a handler of ours on each connection of HTTP/2 from its first byte: the
/// server tells of such a connection only when it has said its settings.
final class WatchedTls extends JdkSSLEngineOptions {

    private final Supplier<ChannelHandler> watcher;

    /// @param watcher makes one for each connection; it sees what TLS has deciphered
    WatchedTls(Supplier<ChannelHandler> watcher) {
        this.watcher = watcher;
    }

    @Override
    public JdkSSLEngineOptions copy() {
        return new WatchedTls(watcher);
    }

    @Override
    public SslContextFactory sslContextFactory() {
        return new Factory(super.sslContextFactory(), watcher);
    }

    private static void secured(SslHandler tls, Channel channel, Supplier<ChannelHandler> watcher) {
        if (ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol())) {
            channel.pipeline()
                    .addAfter(channel.pipeline().context(tls).name(), null, watcher.get());
        }
    }

    private record Factory(SslContextFactory inner, Supplier<ChannelHandler> watcher)
            implements SslContextFactory {

        @Override
        public SslContextFactory useAlpn(boolean use) {
            inner.useAlpn(use);
            return this;
        }

        @Override
        public SslContextFactory clientAuth(ClientAuth auth) {
            inner.clientAuth(auth);
            return this;
        }

        @Override
        public SslContextFactory forClient(boolean client) {
            inner.forClient(client);
            return this;
        }

        @Override
        public SslContextFactory keyMananagerFactory(KeyManagerFactory keys) {
            inner.keyMananagerFactory(keys);
            return this;
        }

        @Override
        public SslContextFactory trustManagerFactory(TrustManagerFactory trust) {
            inner.trustManagerFactory(trust);
            return this;
        }

        @Override
        public SslContextFactory enabledCipherSuites(Set<String> suites) {
            inner.enabledCipherSuites(suites);
            return this;
        }

        @Override
        public SslContextFactory applicationProtocols(List<String> protocols) {
            inner.applicationProtocols(protocols);
            return this;
        }

        @Override
        public SslContextFactory serverName(String name) {
            inner.serverName(name);
            return this;
        }

        @Override
        public SslContext create() throws SSLException {
            return new DelegatingSslContext(inner.create()) {

                @Override
                protected void initEngine(SSLEngine engine) {}

                @Override
                protected void initHandler(SslHandler tls) {
                    tls.handshakeFuture()
                            .addListener(
                                    done -> {
                                        if (done.isSuccess()
                                                && done.getNow() instanceof Channel channel) {
                                            secured(tls, channel, watcher);
                                        }
                                    });
                }
            };
        }
    }
}
