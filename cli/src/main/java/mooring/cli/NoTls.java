package mooring.cli;

import java.security.KeyManagementException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/// The encryption of a connection that has none, as to a server on this machine. Java's HTTP client
/// otherwise makes ready for TLS and reads all certificates, a fifth of a short command's CPU time.
final class NoTls extends SSLContext {
    NoTls() {
        super(new Unable(), null, "none");
    }

    private static final class Unable extends SSLContextSpi {
        @Override
        protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random)
                throws KeyManagementException {
            throw new KeyManagementException("There is no TLS on this connection.");
        }

        @Override
        protected SSLParameters engineGetDefaultSSLParameters() {
            return new SSLParameters(new String[0], new String[0]);
        }

        @Override
        protected SSLParameters engineGetSupportedSSLParameters() {
            return new SSLParameters(new String[0], new String[0]);
        }

        @Override
        protected SSLSocketFactory engineGetSocketFactory() {
            throw unable();
        }

        @Override
        protected SSLServerSocketFactory engineGetServerSocketFactory() {
            throw unable();
        }

        @Override
        protected SSLEngine engineCreateSSLEngine() {
            throw unable();
        }

        @Override
        protected SSLEngine engineCreateSSLEngine(String host, int port) {
            throw unable();
        }

        @Override
        protected SSLSessionContext engineGetServerSessionContext() {
            throw unable();
        }

        @Override
        protected SSLSessionContext engineGetClientSessionContext() {
            throw unable();
        }

        private static UnsupportedOperationException unable() {
            return new UnsupportedOperationException("There is no TLS on this connection.");
        }
    }
}
