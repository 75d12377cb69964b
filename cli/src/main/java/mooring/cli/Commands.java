package mooring.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// The tree of commands, made by hand, and what becomes of their failures.
final class Commands {
    static final int DONE = 0;
    static final int REFUSED = 1;
    static final int MISUSE = 2;

    /// In the order of the help.
    private static final List<String> NAMES =
            List.of(
                    "chat",
                    "org",
                    "project",
                    "keys",
                    "budget",
                    "limits",
                    "topup",
                    "wallet",
                    "voucher",
                    "usage",
                    "requests",
                    "models",
                    "model",
                    "prices",
                    "ledger",
                    "node",
                    "backup",
                    "config",
                    "version");

    private Commands() {}

    static int run(Surroundings surroundings, String... arguments) {
        boolean known = arguments.length > 0 && NAMES.contains(arguments[0]);
        // Reading one command's annotations instead of all takes a third off the start.
        List<String> names = known ? List.of(arguments[0]) : NAMES;
        return line(surroundings, names).execute(arguments);
    }

    /// The whole tree.
    static CommandLine line(Surroundings surroundings) {
        return line(surroundings, NAMES);
    }

    private static CommandLine command(String name, Surroundings s) {
        return switch (name) {
            case "chat" -> new CommandLine(new ChatCommand(s));
            case "org" ->
                    new CommandLine(new OrgCommand())
                            .addSubcommand(new OrgCommand.Create(s))
                            .addSubcommand(new OrgCommand.Lists(s))
                            .addSubcommand(new OrgCommand.Allow(s))
                            .addSubcommand(new OrgCommand.Zone(s));
            case "project" ->
                    new CommandLine(new ProjectCommand())
                            .addSubcommand(new ProjectCommand.Create(s))
                            .addSubcommand(new ProjectCommand.Lists(s));
            case "budget" ->
                    new CommandLine(new BudgetCommand())
                            .addSubcommand(new BudgetCommand.Set(s))
                            .addSubcommand(new BudgetCommand.Lists(s))
                            .addSubcommand(new BudgetCommand.Remove(s));
            case "limits" ->
                    new CommandLine(new LimitsCommand())
                            .addSubcommand(new LimitsCommand.Show(s))
                            .addSubcommand(new LimitsCommand.Set(s));
            case "keys" ->
                    new CommandLine(new KeysCommand())
                            .addSubcommand(new KeysCommand.Create(s))
                            .addSubcommand(new KeysCommand.Lists(s))
                            .addSubcommand(new KeysCommand.Revoke(s));
            case "topup" -> new CommandLine(new TopUpCommand(s));
            case "wallet" ->
                    new CommandLine(new WalletCommand())
                            .addSubcommand(new WalletCommand.ChargeBack(s))
                            .addSubcommand(new WalletCommand.Lots(s))
                            .addSubcommand(new WalletCommand.Transfers(s));
            case "voucher" ->
                    new CommandLine(new VoucherCommand())
                            .addSubcommand(new VoucherCommand.Create(s))
                            .addSubcommand(new VoucherCommand.Lists(s))
                            .addSubcommand(new VoucherCommand.Revoke(s))
                            .addSubcommand(new VoucherCommand.Redeem(s));
            case "usage" -> new CommandLine(new UsageCommand(s));
            case "requests" ->
                    new CommandLine(new RequestsCommand())
                            .addSubcommand(new RequestsCommand.Lists(s))
                            .addSubcommand(new RequestsCommand.Show(s))
                            .addSubcommand(new RequestsCommand.Exports(s))
                            .addSubcommand(new AdjustCommand(s));
            case "models" -> new CommandLine(new ModelsCommand(s));
            case "model" ->
                    new CommandLine(new ModelCommand()).addSubcommand(new ModelPullCommand(s));
            case "prices" ->
                    new CommandLine(new PricesCommand())
                            .addSubcommand(new PricesCommand.Show(s))
                            .addSubcommand(new PricesCommand.Diff(s))
                            .addSubcommand(new PricesCommand.Publish(s))
                            .addSubcommand(new PriceListCommands.Assign(s))
                            .addSubcommand(new PriceListCommands.Assigned(s));
            case "ledger" ->
                    new CommandLine(new LedgerCommand()).addSubcommand(new LedgerCommand.Verify(s));
            case "node" ->
                    new CommandLine(new NodeCommand())
                            .addSubcommand(new NodeCommand.Lists(s))
                            .addSubcommand(new NodeCommand.Lost(s));
            case "backup" -> new CommandLine(new BackupCommand(s));
            case "config" ->
                    new CommandLine(new ConfigCommand()).addSubcommand(new ConfigCommand.Show(s));
            case "version" -> new CommandLine(new VersionCommand(s));
            default -> throw new IllegalArgumentException(name + " (expected: a name in NAMES)");
        };
    }

    private static CommandLine line(Surroundings surroundings, List<String> names) {
        CommandLine line = new CommandLine(new MooringCommand());
        for (String name : names) {
            line.addSubcommand(command(name, surroundings));
        }
        // Never colours: what is printed copies as it is seen, and terminals need not be guessed.
        line.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
        line.setOut(new PrintWriter(surroundings.out(), true, UTF_8));
        line.setErr(new PrintWriter(surroundings.err(), true, UTF_8));
        line.setParameterExceptionHandler((failure, _) -> misuse(surroundings.err(), failure));
        line.setExecutionExceptionHandler(
                (failure, at, _) -> failed(surroundings.err(), failure, at));
        return line;
    }

    private static int misuse(PrintStream err, ParameterException failure) {
        CommandLine at = failure.getCommandLine();
        String near = "";
        if (failure instanceof UnmatchedArgumentException unmatched) {
            List<String> suggestions = unmatched.getSuggestions();
            near = suggestions.isEmpty() ? "" : " Did you mean " + suggestions.getFirst() + "?";
        }
        say(err, sentence(String.valueOf(failure.getMessage())) + near + " " + help(at));
        return MISUSE;
    }

    private static int failed(PrintStream err, Exception failure, CommandLine at) {
        return switch (failure) {
            case MisuseException misuse -> {
                say(err, sentence(String.valueOf(misuse.getMessage())) + " " + help(at));
                yield MISUSE;
            }
            case Refusal refusal -> {
                say(err, String.valueOf(refusal.getMessage()));
                yield REFUSED;
            }
            default -> {
                say(err, "A fault of this program: " + failure + ". Please report it.");
                yield REFUSED;
            }
        };
    }

    private static String help(CommandLine at) {
        return "See: " + at.getCommandSpec().qualifiedName() + " --help";
    }

    private static String sentence(String text) {
        return text.matches("(?s).*[.?!]\\s*") ? text.strip() : text.strip() + ".";
    }

    private static void say(PrintStream err, String text) {
        err.println("mooring: " + Text.oneLine(text));
    }
}
