package mooring.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The list of measurements; `./mooring verify NAME` runs one.
@Command(
        name = "mooring verify",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "NAME",
        description = {
            "Measures the product against one of its bars.",
            "Exit code: 0 the bar holds, 1 it is missed, 2 wrong use."
        },
        subcommands = {
            GatewayCost.class,
            ExactlyOnce.class,
            Crash.class,
            Kill.class,
            HotPath.class,
            Tenants.class,
            Unicode.class,
            Gap.class,
            EngineRatio.class,
            LargeBody.class,
            LimitsHeld.class,
            LongPrefill.class,
            ManyStreams.class,
            Soak.class,
            Month.class,
            Nodes.class,
            Outage.class,
            Replay.class,
            RollingRestart.class,
            Settle.class,
            Start.class,
            Uploads.class,
            Backup.class,
            Clients.class
        })
public final class Main implements Runnable {

    public static void main(String[] arguments) {
        System.exit(execute(arguments));
    }

    static int execute(String... arguments) {
        return new CommandLine(new Main())
                .setExecutionExceptionHandler(
                        (failure, command, _) -> {
                            command.getErr().println("mooring verify: " + failure);
                            failure.printStackTrace(command.getErr());
                            return 1;
                        })
                .execute(arguments);
    }

    /// Without a name: which there are.
    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
