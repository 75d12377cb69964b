package mooring.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// A certificate for this machine's own address, signed by itself, with its key, as PEM files.
public final class TestCertificate {

    private static final char[] PASSWORD = "password".toCharArray();
    private static final String ALIAS = "server";

    private final KeyStore store;

    private TestCertificate(KeyStore store) {
        this.store = store;
    }

    /// Makes a new one, with the JDK's own tool.
    public static TestCertificate create() {
        Path file = TestFolders.create("certificate-").resolve("store.p12");
        try {
            Process tool =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "keytool")
                                            .toString(),
                                    "-genkeypair",
                                    "-alias",
                                    ALIAS,
                                    "-keyalg",
                                    "EC",
                                    "-groupname",
                                    "secp256r1",
                                    "-dname",
                                    "CN=localhost",
                                    "-ext",
                                    "san=ip:127.0.0.1,dns:localhost",
                                    "-validity",
                                    "30",
                                    "-storetype",
                                    "PKCS12",
                                    "-keystore",
                                    file.toString(),
                                    "-storepass",
                                    new String(PASSWORD))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            if (!tool.waitFor(60, TimeUnit.SECONDS) || tool.exitValue() != 0) {
                throw new AssertionError("keytool made no certificate");
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, PASSWORD);
            }
            return new TestCertificate(store);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (GeneralSecurityException failure) {
            throw new AssertionError(failure);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    public X509Certificate certificate() {
        try {
            return (X509Certificate) Objects.requireNonNull(store.getCertificate(ALIAS));
        } catch (GeneralSecurityException failure) {
            throw new AssertionError(failure);
        }
    }

    public void writeCertificate(Path file) {
        try {
            write(file, "CERTIFICATE", certificate().getEncoded());
        } catch (GeneralSecurityException failure) {
            throw new AssertionError(failure);
        }
    }

    public void writeKey(Path file) {
        try {
            write(file, "PRIVATE KEY", store.getKey(ALIAS, PASSWORD).getEncoded());
        } catch (GeneralSecurityException failure) {
            throw new AssertionError(failure);
        }
    }

    /// What a client needs to believe this certificate and no other.
    public SSLContext trust() {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(ALIAS, certificate());
            TrustManagerFactory trust =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (GeneralSecurityException failure) {
            throw new AssertionError(failure);
        }
    }

    private static void write(Path file, String what, byte[] bytes) {
        try {
            Files.writeString(
                    file,
                    "-----BEGIN "
                            + what
                            + "-----\n"
                            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
                            + "\n-----END "
                            + what
                            + "-----\n");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
