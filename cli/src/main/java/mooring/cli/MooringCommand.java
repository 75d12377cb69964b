package mooring.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/// The root of all commands; alone it does nothing.
@Command(
        name = "mooring",
        description = "Ask models, and look after organizations, keys, money and prices.",
        versionProvider = MooringCommand.Versions.class,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:refused, or could not be done; one line on standard error says why",
            "2:put wrongly: unknown command or option, missing or malformed value",
            "130:ended by Ctrl-C"
        },
        footerHeading = "%n",
        footer = {
            "Every command finds the running instance in a data folder (--data-dir, else",
            "MOORING_DATA_DIR, else .mooring), or takes --url with the key in MOORING_KEY.",
            "Starting and stopping is ./mooring up, down, restart, status and logs."
        })
final class MooringCommand {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show this program's version and exit.")
    boolean version;

    static final class Versions implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"mooring " + Version.ofThisProgram()};
        }
    }
}
