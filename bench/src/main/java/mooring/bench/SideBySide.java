package mooring.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The gateway with everything on, nginx as a bare proxy, the engine itself and any gateway named
/// by the caller: the same requests go to each of them, in turn, on the same machine.
final class SideBySide implements AutoCloseable {

    static final String MOORING = "mooring";
    static final String NGINX = "nginx";
    static final String DIRECT = "direct";

    private static final int REPLICAS = 4;
    private static final String OTHER_KEY = "sk-bench";

    /// One way to the engine.
    ///
    /// @param pid whose tree is measured, 0 if it is not known
    /// @param database PostgreSQL's, counted apart; 0 without
    record Way(String name, URI url, long pid, long database, List<String> keys) {

        /// Processor's time so far: of the program, and of its database.
        Cost cost() throws IOException {
            return pid == 0
                    ? new Cost(0, 0)
                    : new Cost(
                            Processor.treeSeconds(pid, database),
                            database == 0 ? 0 : Processor.treeSeconds(database));
        }

        double residentMebibytes() throws IOException {
            return pid == 0 ? 0 : Processor.residentMebibytes(pid);
        }

        /// One request of each key, to be sent in turn.
        List<byte[]> requests(String body) {
            List<byte[]> all = new ArrayList<>();
            for (String key : keys) {
                all.add(
                        AnswerScan.bytes(
                                """
                                POST /v1/chat/completions HTTP/1.1\r
                                host: %s:%d\r
                                authorization: Bearer %s\r
                                content-type: application/json\r
                                accept: */*\r
                                user-agent: OpenAI/Python 2.8.0\r
                                content-length: %d\r
                                \r
                                %s"""
                                        .formatted(
                                                url.getHost(),
                                                url.getPort(),
                                                key,
                                                body.length(),
                                                body)));
            }
            return all;
        }
    }

    record Cost(double program, double database) {
        Cost since(Cost before) {
            return new Cost(program - before.program, database - before.database);
        }
    }

    private final StubEngine engine;
    private final ServerInstance server;
    private final List<Way> ways = new ArrayList<>();

    /// @param others gateways that the caller started, by name
    SideBySide(
            Workbench bench,
            int organizations,
            int streamTokens,
            Duration pace,
            boolean withNginx,
            @Nullable Map<String, URI> others)
            throws IOException, InterruptedException {
        engine = new StubEngine(streamTokens, pace);
        Path catalog = bench.folder().resolve("catalog.yaml");
        Path prices = bench.folder().resolve("prices.yaml");
        Files.writeString(catalog, catalog(engine.url()));
        Files.writeString(
                prices,
                """
                currency: USD
                models:
                  %s: {input: "0.573", cache_read: "0.057301", output: "2.411303"}
                """
                        .formatted(StubEngine.MODEL));
        server = ServerInstance.start(bench, bench.folder().resolve("data"), catalog, prices);
        List<String> keys = new ArrayList<>();
        Operator operator = server.operator();
        for (int i = 0; i < organizations; i++) {
            Operator.Customer customer = operator.createCustomer("customer " + i, "1000000");
            operator.createBudget(customer.id(), "1000000");
            keys.add(customer.key());
        }
        long postmaster = server.database().postmaster();
        ways.add(new Way(MOORING, server.baseUrl(), server.pid(), postmaster, keys));
        if (withNginx) {
            Nginx nginx = Nginx.start(bench, engine.url());
            ways.add(new Way(NGINX, nginx.url(), nginx.pid(), 0, keys));
        }
        ways.add(new Way(DIRECT, engine.url(), 0, 0, keys));
        if (others != null) {
            others.forEach((name, url) -> ways.add(new Way(name, url, 0, 0, List.of(OTHER_KEY))));
        }
    }

    private static String catalog(URI engine) {
        StringBuilder text = new StringBuilder();
        text.append(
                """
                limit_tiers:
                  - {name: all, recharge: "0", concurrency: 100000, rpm: 10000000, \
                tpm: 2000000000, tpd: 2000000000}
                models:
                  - id: %s
                    context_length: 2097152
                    capabilities: [tools, json_schema, logprobs, reasoning]
                    replicas:
                """
                        .formatted(StubEngine.MODEL));
        for (int i = 0; i < REPLICAS; i++) {
            text.append("      - {engine: vllm, url: \"")
                    .append(engine)
                    .append("\", slots: 2000}\n");
        }
        return text.toString();
    }

    ServerInstance server() {
        return server;
    }

    List<Way> ways() {
        return List.copyOf(ways);
    }

    Way way(String name) {
        return ways.stream().filter(way -> way.name().equals(name)).findFirst().orElseThrow();
    }

    @Override
    public void close() throws IOException {
        engine.close();
    }
}
