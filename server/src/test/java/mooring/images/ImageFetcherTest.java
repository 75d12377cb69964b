package mooring.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mooring.inference.ContentPart;
import mooring.inference.ImageType;
import mooring.inference.Message;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.inference.Role;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Pictures come from a server on this machine; which addresses are public is what the test says.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageFetcherTest {

    private static final byte[] PNG =
            picture(0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 1, 2, 3, 4);
    private static final String FIELD = "messages[0].content[1].image_url.url";

    private final Vertx vertx = Vertx.vertx();
    private final List<String> hosts = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> rooms = Collections.synchronizedList(new ArrayList<>());
    private final HttpServer server;

    /// `pictures.example` is this machine, and for the test's sake public; `inside.example` is
    /// another of its addresses, and is not; `both.example` has one of each.
    private final ImageFetcher fetcher =
            ImageFetcher.of(
                    vertx,
                    host ->
                            switch (host) {
                                case "pictures.example" -> List.of(address("127.0.0.1"));
                                case "inside.example" -> List.of(address("127.0.0.2"));
                                case "both.example" ->
                                        List.of(address("127.0.0.1"), address("127.0.0.2"));
                                case "127.0.0.2" -> List.of(address("127.0.0.2"));
                                default -> throw new UnknownHostException(host);
                            },
                    address -> address.getHostAddress().equals("127.0.0.1"));

    ImageFetcherTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 16);
    }

    @BeforeAll
    void serve() {
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/",
                http -> {
                    hosts.add(http.getRequestHeaders().getFirst("host"));
                    switch (http.getRequestURI().getPath()) {
                        case "/a.png" -> answer(http, 200, PNG, PNG.length);
                        case "/chunked.png" -> answer(http, 200, PNG, 0);
                        case "/page" ->
                                answer(http, 200, "<html>".getBytes(StandardCharsets.US_ASCII), 6);
                        case "/empty" -> answer(http, 200, new byte[0], -1);
                        case "/gone" -> answer(http, 404, PNG, PNG.length);
                        case "/announced" -> endless(http, (20L << 20) + 1);
                        case "/endless" -> endless(http, 0);
                        case "/moved" -> redirect(http, "/a.png");
                        case "/away" -> redirect(http, "http://inside.example/a.png");
                        case "/metadata" -> redirect(http, "http://127.0.0.2/latest/meta-data");
                        case "/file" -> redirect(http, "file:///etc/passwd");
                        case "/round" -> redirect(http, "/round");
                        default -> answer(http, 500, PNG, PNG.length);
                    }
                });
        server.start();
    }

    @AfterAll
    void stop() throws Exception {
        server.stop(0);
        fetcher.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void aPictureIsPutInThePlaceOfItsUrl() throws Exception {
        Request whole = inline("http://pictures.example:" + port() + "/a.png");

        List<ContentPart> content = whole.messages().getFirst().content();
        assertThat(content)
                .containsExactly(
                        new ContentPart.Text("What is this?"),
                        new ContentPart.Image(
                                ImageType.PNG, Base64.getEncoder().encodeToString(PNG), "low"));
        assertThat(hosts).last().isEqualTo("pictures.example:" + port());
        assertThat(rooms).last().isEqualTo(PNG.length / 3 * 4L);
    }

    @Test
    void aPictureOfUnknownLengthTakesTheRoomOfTheLongest() throws Exception {
        inline("http://pictures.example:" + port() + "/chunked.png");
        assertThat(rooms).last().isEqualTo((20L << 20) / 3 * 4);
    }

    @Test
    void aRedirectIsFollowed() throws Exception {
        Request whole = inline("http://pictures.example:" + port() + "/moved");
        assertThat(whole.images()).isEqualTo(1);
        assertThat(whole.messages().getFirst().content().getLast())
                .isInstanceOf(ContentPart.Image.class);
    }

    @Test
    void aRequestWithoutUrlsIsLeftAsItIs() {
        Request plain =
                Request.of(new ModelId("m"), List.of(Message.of(Role.USER, "What is this?")));
        assertThat(
                        fetcher.inline(
                                        plain,
                                        vertx.getOrCreateContext(),
                                        _ -> Future.succeededFuture())
                                .result())
                .isSameAs(plain);
    }

    @ParameterizedTest
    @CsvSource({
        "/page, 'a PNG, JPEG, GIF or WebP image'",
        "/empty, 'a PNG, JPEG, GIF or WebP image'",
        "/gone, 'a server that answers 200, not 404'",
        "/announced, 'an image of at most 20 MiB'",
        "/endless, 'an image of at most 20 MiB'",
        "/away, 'an address that everybody can reach'",
        "/metadata, 'an address that everybody can reach'",
        "/file, 'at most 3 redirects to https URLs'",
        "/round, 'at most 3 redirects to https URLs'"
    })
    void whatIsNoPictureOfThePublicIsRefusedByItsField(String path, String expected) {
        refused("http://pictures.example:" + port() + path, expected);
    }

    @ParameterizedTest
    @CsvSource({
        "inside.example, 'an address that everybody can reach'",
        "both.example, 'an address that everybody can reach'",
        "nowhere.example, 'a host that is known'"
    })
    void aHostIsRefusedUnlessAllOfItIsPublic(String host, String expected) {
        refused("http://" + host + ":" + port() + "/a.png", expected);
    }

    @Test
    void aServerWithoutRoomForThePictureSaysSoInsteadOfReadingIt() {
        assertThatThrownBy(
                        () ->
                                await(
                                        fetcher.inline(
                                                asking(
                                                        "http://pictures.example:"
                                                                + port()
                                                                + "/a.png"),
                                                vertx.getOrCreateContext(),
                                                _ -> Future.failedFuture("no room"))))
                .hasMessageContaining("no room");
    }

    @Test
    void aServerThatFetchesNothingAsksForADataUrl() {
        try (ImageFetcher none = ImageFetcher.none(vertx)) {
            assertThatThrownBy(
                            () ->
                                    await(
                                            none.inline(
                                                    asking("https://pictures.example/a.png"),
                                                    vertx.getOrCreateContext(),
                                                    _ -> Future.succeededFuture())))
                    .hasMessageContaining(FIELD)
                    .hasMessageContaining("a data URL");
        }
    }

    private void refused(String url, String expected) {
        assertThatThrownBy(() -> inline(url))
                .hasMessageContaining(FIELD)
                .hasMessageContaining(url)
                .hasMessageContaining(expected);
    }

    private Request inline(String url) throws Exception {
        return await(
                fetcher.inline(
                        asking(url),
                        vertx.getOrCreateContext(),
                        bytes -> {
                            rooms.add(bytes);
                            return Future.succeededFuture();
                        }));
    }

    private static Request asking(String url) {
        Message message =
                new Message(
                        Role.USER,
                        List.of(
                                new ContentPart.Text("What is this?"),
                                new ContentPart.RemoteImage(FIELD, URI.create(url), "low")),
                        null,
                        List.of(),
                        null,
                        null);
        return Request.of(new ModelId("m"), List.of(message));
    }

    private static <T> T await(Future<T> future) throws InterruptedException, TimeoutException {
        CountDownLatch over = new CountDownLatch(1);
        future.onComplete(_ -> over.countDown());
        if (!over.await(30, TimeUnit.SECONDS)) {
            throw new TimeoutException("no picture and no failure");
        }
        if (future.failed()) {
            throw new IllegalStateException(future.cause());
        }
        return future.result();
    }

    private int port() {
        return server.getAddress().getPort();
    }

    private static InetAddress address(String literal) throws UnknownHostException {
        return InetAddress.getByName(literal);
    }

    private static byte[] picture(int... bytes) {
        byte[] picture = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            picture[i] = (byte) bytes[i];
        }
        return picture;
    }

    private static void redirect(HttpExchange http, String where) throws IOException {
        http.getResponseHeaders().add("location", where);
        answer(http, 302, new byte[0], -1);
    }

    private static void answer(HttpExchange http, int status, byte[] body, long announced)
            throws IOException {
        try (http) {
            http.sendResponseHeaders(status, announced);
            if (announced >= 0) {
                http.getResponseBody().write(body);
            }
        }
    }

    private static void endless(HttpExchange http, long announced) throws IOException {
        byte[] piece = Arrays.copyOf(PNG, 1 << 16);
        try (http) {
            http.sendResponseHeaders(200, announced);
            OutputStream out = http.getResponseBody();
            for (int i = 0; i < 1_000; i++) {
                out.write(piece);
            }
        }
    }
}
