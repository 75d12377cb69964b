package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A prompt that an engine chews on for minutes, behind a proxy that gives up after one: signs of
/// life in the stream carry it to its first token.
@Command(
        name = "long-prefill",
        mixinStandardHelpOptions = true,
        description = "a first token after 3 minutes, behind nginx with a read timeout of 60 s")
final class LongPrefill extends Measurement {

    private static final int BAR_SECONDS = 180;
    private static final int BAR_TIMEOUT = 60;
    private static final int OUTPUT_TOKENS = 20;
    private static final String CREDIT = "1000";

    @Option(names = "--seconds", description = "until the first token (default: ${DEFAULT-VALUE})")
    private int seconds = BAR_SECONDS;

    @Option(
            names = "--read-timeout",
            description = "of nginx, in seconds (default: ${DEFAULT-VALUE})")
    private int readTimeout = BAR_TIMEOUT;

    @Option(names = "--direct", description = "without nginx, where none can be fetched")
    private boolean direct;

    @Override
    boolean fullSize() {
        return !direct && seconds >= BAR_SECONDS && readTimeout <= BAR_TIMEOUT;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Report report =
                new Report(
                        "first token after %d s, nginx with proxy_read_timeout %d s"
                                .formatted(seconds, readTimeout));
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = simulator.offer(bench, "", "");
        Path data = bench.folder().resolve("data");
        ServerInstance server = ServerInstance.start(bench, data, offer.catalog(), offer.prices());
        URI front =
                direct
                        ? server.baseUrl()
                        : ReadTimeoutProxy.start(bench, server.baseUrl(), readTimeout).url();
        Operator.Customer customer = server.operator().createCustomer("Patient", CREDIT);
        ChatClient client = new ChatClient(front, Duration.ofSeconds(seconds + 60L));
        ChatClient warmUp = new ChatClient(server.baseUrl(), Duration.ofSeconds(60));
        Got warm = ask(warmUp, customer, "warm", 0);
        report.tally("the server answers without the proxy")
                .expect(warm.delivered(), String.valueOf(warm));
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Got> streamed = threads.submit(() -> ask(client, customer, "streamed", seconds));
            Got got = Load.result(streamed);
            double took = Machine.secondsSince(start);
            report.tally("the streamed answer is complete")
                    .expect(got.delivered(), String.valueOf(got));
            report.line(
                    "it took as long as the engine",
                    Machine.seconds(took),
                    "at least " + seconds + " s",
                    took >= seconds);
            report.headline(
                    "complete after %s behind a read timeout of %d s"
                            .formatted(Machine.seconds(took), readTimeout));
        }
        server.stop();
        return report;
    }

    private static Got ask(
            ChatClient client, Operator.Customer customer, String name, int firstTokenSeconds) {
        ObjectNode directive = Json.MAPPER.createObjectNode();
        directive.put("label", "long-prefill-" + name);
        directive.put("output_tokens", OUTPUT_TOKENS);
        directive.put("first_token_after_ms", firstTokenSeconds * 1_000);
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("model", Simulator.MODEL);
        body.putArray("messages")
                .addObject()
                .put("role", "user")
                .put("content", "a long document [[simulate " + directive + "]]");
        body.put("max_tokens", OUTPUT_TOKENS).put("stream", true);
        body.putObject("stream_options").put("include_usage", true);
        Order order =
                new Order("long-prefill-" + name, 0, true, body.toString(), new Leave.Never());
        return Got.of(
                order, client.ask(customer.key(), order.label(), order.body(), order.leave()));
    }

    /// nginx before the server, as operators run it, with the one setting that matters here.
    record ReadTimeoutProxy(URI url) {

        static ReadTimeoutProxy start(Workbench bench, URI server, int readTimeout)
                throws IOException, InterruptedException {
            Path program = NginxProgram.find(bench);
            Path folder = Files.createDirectories(bench.folder().resolve("nginx"));
            int port = NginxProgram.freePort();
            Path config = folder.resolve("nginx.conf");
            Files.writeString(
                    config,
                    """
                    daemon off;
                    pid %1$s/nginx.pid;
                    error_log %1$s/error.log;
                    events { worker_connections 256; }
                    http {
                      access_log off;
                      client_body_temp_path %1$s/body;
                      proxy_temp_path %1$s/proxy;
                      fastcgi_temp_path %1$s/fastcgi;
                      uwsgi_temp_path %1$s/uwsgi;
                      scgi_temp_path %1$s/scgi;
                      server {
                        listen 127.0.0.1:%2$d;
                        location / {
                          proxy_pass %3$s;
                          proxy_http_version 1.1;
                          proxy_set_header Host $host;
                          proxy_set_header Connection "";
                          proxy_read_timeout %4$ds;
                        }
                      }
                    }
                    """
                            .formatted(folder, port, server, readTimeout));
            bench.start(
                    List.of(
                            program.toString(),
                            "-p",
                            folder.toString(),
                            "-e",
                            folder.resolve("error.log").toString(),
                            "-c",
                            config.toString()),
                    folder.resolve("output.log"));
            NginxProgram.awaitListening(port);
            return new ReadTimeoutProxy(URI.create("http://127.0.0.1:" + port));
        }
    }
}
