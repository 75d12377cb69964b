package mooring.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A word that groups commands and does nothing alone.
@Command(synopsisSubcommandLabel = "COMMAND")
abstract class GroupCommand {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;
}
