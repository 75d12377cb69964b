package mooring.app;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;
import mooring.config.Settings;
import org.jspecify.annotations.Nullable;

/// The certificate of the public port and its key, in two PEM files that are renewed while the
/// server runs.
final class Certificate {

    private static final byte[] PROBE = {1, 2, 3, 4};

    /// Both files as they were read together.
    record Pair(Buffer certificate, Buffer key) {

        PemKeyCertOptions options() {
            return new PemKeyCertOptions().setCertValue(certificate).setKeyValue(key);
        }
    }

    private final Path certificate;
    private final Path key;

    Certificate(Path certificate, Path key) {
        this.certificate = certificate;
        this.key = key;
    }

    /// Null when the port speaks plain HTTP.
    static @Nullable Certificate of(Settings settings) {
        Path certificate = settings.tlsCertificate();
        Path key = settings.tlsKey();
        if (certificate == null && key == null) {
            return null;
        }
        if (certificate == null || key == null) {
            throw new StartException(
                    (certificate == null ? "tls-certificate" : "tls-key")
                            + ": unset (expected: both tls-certificate and tls-key, or neither)");
        }
        return new Certificate(certificate, key);
    }

    /// Reads both files, and holds them to each other.
    ///
    /// @throws StartException saying what is wrong with them
    Pair read(Vertx vertx) {
        Pair pair;
        try {
            pair =
                    new Pair(
                            Buffer.buffer(Files.readAllBytes(certificate)),
                            Buffer.buffer(Files.readAllBytes(key)));
        } catch (IOException e) {
            throw new StartException("TLS: cannot read " + e.getMessage(), e);
        }
        try {
            requireMatch(pair, vertx);
        } catch (StartException e) {
            throw e;
        } catch (Exception e) {
            throw new StartException(
                    "TLS: "
                            + certificate
                            + " and "
                            + key
                            + " cannot be used (expected: a certificate chain and its key, both"
                            + " PEM)",
                    e);
        }
        return pair;
    }

    /// A renewal that was seen half done has the key of one certificate beside another.
    private void requireMatch(Pair pair, Vertx vertx) throws Exception {
        for (KeyManager manager : pair.options().getKeyManagerFactory(vertx).getKeyManagers()) {
            if (!(manager instanceof X509KeyManager keys)) {
                continue;
            }
            for (String type : new String[] {"RSA", "EC", "EdDSA", "RSASSA-PSS"}) {
                String[] aliases = keys.getServerAliases(type, null);
                if (aliases != null && aliases.length > 0) {
                    PrivateKey secret = keys.getPrivateKey(aliases[0]);
                    X509Certificate first = keys.getCertificateChain(aliases[0])[0];
                    if (!matches(secret, first)) {
                        throw new StartException(
                                "TLS: " + key + " is not the key of " + certificate);
                    }
                    first.checkValidity();
                    return;
                }
            }
        }
        throw new StartException("TLS: no certificate in " + certificate);
    }

    private static boolean matches(PrivateKey secret, X509Certificate certificate)
            throws Exception {
        String algorithm =
                switch (secret.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> secret.getAlgorithm();
                };
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(secret);
        signature.update(PROBE);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(PROBE);
        return signature.verify(signed);
    }
}
