package mooring.cli;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// A place on the network that models are downloaded from, as Hugging Face serves them.
///
/// The token goes to the hub's own address alone, never along a redirect to another one.
final class Hub {
    static final String PUBLIC = "https://huggingface.co";

    private static final int CONNECT_MILLIS = 15_000;
    private static final int SILENCE_MILLIS = 60_000;
    private static final int MAX_REDIRECTS = 5;

    /// What the hub says of a file before it is sent.
    ///
    /// @param sha256 null when the hub tells none
    /// @param version what changes when the file does; null when the hub tells none
    /// @param bytes -1 when the hub tells no size
    record Facts(@Nullable String sha256, @Nullable String version, long bytes) {}

    private final URI address;
    private final @Nullable String token;

    private Hub(URI address, @Nullable String token) {
        this.address = address;
        this.token = token;
    }

    /// The hub that `HF_ENDPOINT` names, else the public one; with the token of `HF_TOKEN`.
    static Hub of(Surroundings surroundings) {
        String endpoint = surroundings.variable("HF_ENDPOINT");
        String token = surroundings.variable("HF_TOKEN");
        if (token != null && !token.chars().allMatch(c -> c > 32 && c < 127)) {
            throw new Refusal("HF_TOKEN has spaces or odd characters: copy it once more.");
        }
        try {
            return new Hub(Instance.address(endpoint == null ? PUBLIC : endpoint), token);
        } catch (IllegalArgumentException e) {
            throw new Refusal(
                    "HF_ENDPOINT: " + endpoint + " (expected: an address such as " + PUBLIC + ").",
                    e);
        }
    }

    /// What the hub says of the file. Its word alone counts: a redirect's target may call anything
    /// an ETag.
    Facts look(HubFile file) {
        try {
            return facts(file, connect("HEAD", file, 0, true));
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    /// The file's bytes from `offset` on; the answer is 200 (all of it), 206 or 416.
    ///
    /// @throws IOException when the connection fails, so that another attempt is worth it
    HttpURLConnection open(HubFile file, long offset) throws IOException {
        HttpURLConnection connection = connect("GET", file, offset, false);
        int status = connection.getResponseCode();
        if (status == 200 || status == 206 || status == 416) {
            return connection;
        }
        connection.disconnect();
        if (status == 429 || status >= 500) {
            throw new IOException("status " + status);
        }
        throw refusal(file, connection, status);
    }

    Refusal unreachable(IOException cause) {
        String why =
                switch (cause) {
                    case UnknownHostException _ -> "unknown host";
                    case SocketTimeoutException _ -> "no answer in time";
                    case SSLException _ -> "no safe connection: " + cause.getMessage();
                    default -> String.valueOf(cause.getMessage());
                };
        return new Refusal(
                "Cannot reach the hub at "
                        + address
                        + " ("
                        + why
                        + "): check the network, or name a mirror in HF_ENDPOINT; the same command"
                        + " goes on where it stopped.",
                cause);
    }

    /// The first answer that is no redirect; for a look also the redirect that leaves the hub.
    private HttpURLConnection connect(String method, HubFile file, long offset, boolean stayHere)
            throws IOException {
        URI target = URI.create(address + file.address());
        for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
            HttpURLConnection connection = request(method, target, offset);
            int status = connection.getResponseCode();
            String location = connection.getHeaderField("Location");
            if (status / 100 != 3 || location == null) {
                return connection;
            }
            URI next = next(target, location);
            if (stayHere && !here(next)) {
                return connection;
            }
            connection.disconnect();
            target = next;
        }
        throw new Refusal("The hub at " + address + " redirects in a circle: check HF_ENDPOINT.");
    }

    private URI next(URI target, String location) {
        URI next;
        try {
            next = target.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new Refusal("The hub at " + address + " redirects to no address.", e);
        }
        boolean secure = "https".equals(target.getScheme());
        boolean web = "https".equals(next.getScheme()) || "http".equals(next.getScheme());
        if (!web || next.getHost() == null || (secure && !"https".equals(next.getScheme()))) {
            throw new Refusal(
                    "The hub at "
                            + address
                            + " redirects to "
                            + next.getScheme()
                            + "://"
                            + next.getHost()
                            + ", which is not safe to follow: try another mirror in HF_ENDPOINT.");
        }
        return next;
    }

    private HttpURLConnection request(String method, URI target, long offset) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
        connection.setRequestMethod(method);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(SILENCE_MILLIS);
        connection.setRequestProperty("User-Agent", "mooring-cli/" + Version.ofThisProgram());
        connection.setRequestProperty("Accept", "*/*");
        connection.setRequestProperty("Accept-Encoding", "identity");
        if (offset > 0) {
            connection.setRequestProperty("Range", "bytes=" + offset + "-");
        }
        if (token != null && here(target)) {
            connection.setRequestProperty("Authorization", "Bearer " + token);
        }
        return connection;
    }

    private boolean here(URI target) {
        return address.getScheme().equals(target.getScheme())
                && address.getHost().equalsIgnoreCase(target.getHost())
                && port(address) == port(target);
    }

    private static int port(URI address) {
        if (address.getPort() >= 0) {
            return address.getPort();
        }
        return "https".equals(address.getScheme()) ? 443 : 80;
    }

    private Facts facts(HubFile file, HttpURLConnection answer) throws IOException {
        int status = answer.getResponseCode();
        if (status != 200 && status / 100 != 3) {
            throw refusal(file, answer, status);
        }
        String linked = answer.getHeaderField("X-Linked-Etag");
        String version = bare(linked == null ? answer.getHeaderField("ETag") : linked);
        boolean sha256 = version != null && version.matches("[0-9a-f]{64}");
        long bytes = answer.getHeaderFieldLong("X-Linked-Size", -1);
        if (bytes < 0 && status == 200) {
            bytes = answer.getContentLengthLong();
        }
        return new Facts(sha256 ? version : null, version, bytes);
    }

    /// An ETag without its quotes and its mark of weakness.
    private static @Nullable String bare(@Nullable String etag) {
        if (etag == null) {
            return null;
        }
        String bare = etag.strip().replaceFirst("^W/", "").replace("\"", "");
        return bare.isEmpty() ? null : bare.toLowerCase(Locale.ROOT);
    }

    private Refusal refusal(HubFile file, HttpURLConnection answer, int status) {
        String code = String.valueOf(answer.getHeaderField("X-Error-Code"));
        String place = file.repository() + " at " + address;
        if (code.equals("GatedRepo") || status == 403) {
            return new Refusal(
                    place
                            + " is gated or private (status "
                            + status
                            + "): accept its terms on its page, then "
                            + (token == null ? "set HF_TOKEN to" : "check that HF_TOKEN is")
                            + " a token that may read it.");
        }
        if (status == 401) {
            return new Refusal(
                    place
                            + (token == null
                                    ? " does not exist, or is private or gated: check the spelling;"
                                            + " if it is right, set HF_TOKEN to a token that may"
                                            + " read it."
                                    : " does not exist, or HF_TOKEN may not read it: check"
                                            + " both."));
        }
        if (status == 404) {
            String what =
                    switch (code) {
                        case "RepoNotFound" -> "There is no repository " + place;
                        case "RevisionNotFound" ->
                                "There is no revision " + file.revision() + " of " + place;
                        default ->
                                "There is no file "
                                        + file.path()
                                        + " (revision "
                                        + file.revision()
                                        + ") in "
                                        + place;
                    };
            return new Refusal(what + ": check the spelling on the hub's page.");
        }
        return new Refusal(
                "The hub at "
                        + address
                        + " answered with status "
                        + status
                        + ": check HF_ENDPOINT, or try again later.");
    }
}
