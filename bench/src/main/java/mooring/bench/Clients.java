package mooring.bench;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The clients that people use, each with its own checks, against a real server whose engine is
/// simulated.
@Command(
        name = "clients",
        mixinStandardHelpOptions = true,
        description = "SDKs, frameworks and coding agents of both dialects work unchanged")
final class Clients extends Measurement {

    @Option(
            names = "--only",
            description = "clients whose name contains this (default: all of them)")
    private String only = "";

    @Override
    boolean fullSize() {
        return only.isEmpty();
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        List<ClientKit> kits =
                ClientKit.all(bench.project()).stream()
                        .filter(kit -> kit.name().contains(only))
                        .toList();
        if (kits.isEmpty()) {
            throw new IllegalArgumentException(
                    "--only: \"" + only + "\" (expected: a part of a client's name)");
        }
        for (ClientKit kit : kits) {
            kit.install(bench);
        }
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = simulator.offer(bench, "", "");
        ServerInstance server =
                ServerInstance.start(
                        bench, bench.folder().resolve("data"), offer.catalog(), offer.prices());
        Report report = new Report(kits.size() + " clients");
        int checks = 0;
        for (ClientKit kit : kits) {
            bench.say(kit.name() + " …");
            for (ClientKit.Finding finding :
                    kit.check(bench, environment(server, simulator, kit))) {
                checks++;
                report.line(
                        kit.name() + ": " + finding.check(), finding.found(), "ok", finding.ok());
            }
        }
        report.headline(
                "%d checks of %d clients: %s"
                        .formatted(
                                checks,
                                kits.size(),
                                String.join(
                                        ", ",
                                        kits.stream()
                                                .map(kit -> kit.packages().getFirst())
                                                .toList())));
        server.stop();
        return report;
    }

    /// Every client has customers of its own, so that none meets the limits of another.
    private static Map<String, String> environment(
            ServerInstance server, Simulator simulator, ClientKit kit)
            throws IOException, InterruptedException {
        Operator operator = server.operator();
        Operator.Customer customer = operator.createCustomer(kit.name(), "100");
        Operator.Customer limited = operator.createCustomer(kit.name() + ", limited", "100");
        operator.limitRequests(limited.id(), 1);
        return Map.of(
                "CLIENT_URL", server.baseUrl().toString().replaceAll("(/v1)?/?$", ""),
                "CLIENT_ENGINE_URL", simulator.url().toString(),
                "CLIENT_MODEL", Simulator.MODEL,
                "CLIENT_KEY", customer.key(),
                "CLIENT_LIMITED_KEY", limited.key(),
                "CLIENT_POOR_KEY", operator.createPoorCustomer(kit.name() + ", poor").key());
    }
}
