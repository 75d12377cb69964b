package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import picocli.CommandLine.Command;

/// The versions of this program and of the server that it talks to.
@Command(
        name = "version",
        description = {
            "Show the versions of this program and of the running server.",
            "Without a server it shows its own; with --json that is refused."
        })
final class VersionCommand extends ApiCommand {
    VersionCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    public Integer call() {
        PrintStream out = surroundings.out();
        if (!json) {
            out.println("mooring  " + Version.ofThisProgram());
        }
        ObjectNode version;
        try {
            version = management().get("/api/v1/version");
        } catch (Refusal e) {
            if (json) {
                throw e;
            }
            out.println("server   " + Text.oneLine(String.valueOf(e.getMessage())));
            return Commands.DONE;
        }
        show(
                version,
                text ->
                        Fields.of("server ", Json.text(version, "version"))
                                .add("java", Json.text(version, "java"))
                                .add("schema", Json.text(version, "schema"))
                                .print(text));
        return Commands.DONE;
    }
}
