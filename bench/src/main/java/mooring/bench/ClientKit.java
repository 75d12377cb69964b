package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One client that people use, at one version, and the program that checks it.
///
/// @param packages each with its exact version
/// @param checks the program's file name; it prints a line of JSON for each check
record ClientKit(String name, Installer installer, List<String> packages, String checks) {

    private static final Duration INSTALL = Duration.ofMinutes(10);
    private static final Duration CHECK = Duration.ofMinutes(10);

    enum Installer {
        PIP,
        NPM
    }

    ClientKit {
        packages = List.copyOf(packages);
    }

    /// All that the project's list names.
    static List<ClientKit> all(Project project) throws IOException {
        List<ClientKit> kits = new ArrayList<>();
        for (JsonNode entry :
                Json.read(Files.readString(project.clients().resolve("clients.json")))) {
            List<String> packages = new ArrayList<>();
            entry.path("packages").forEach(name -> packages.add(name.asText()));
            kits.add(
                    new ClientKit(
                            entry.path("name").asText(),
                            entry.path("installer").asText().equals("pip")
                                    ? Installer.PIP
                                    : Installer.NPM,
                            packages,
                            entry.path("checks").asText()));
        }
        return kits;
    }

    /// What a check found: "ok", or what went wrong.
    record Finding(String check, boolean ok, String found) {}

    /// Installs what is not yet there; kept in the build's folder for the next time.
    void install(Workbench bench) throws IOException, InterruptedException {
        Path folder = folder(bench);
        Path done = folder.resolve("installed");
        String wanted = String.join("\n", packages);
        if (!Files.isRegularFile(done) || !Files.readString(done).equals(wanted)) {
            bench.say("Installing " + name + " …");
            Files.createDirectories(folder);
            List<String> command = new ArrayList<>();
            switch (installer) {
                case PIP ->
                        command.addAll(
                                List.of(
                                        "python3",
                                        "-m",
                                        "pip",
                                        "install",
                                        "--quiet",
                                        "--upgrade",
                                        "--disable-pip-version-check",
                                        "--no-warn-conflicts",
                                        "--target",
                                        folder.toString()));
                case NPM -> {
                    Files.writeString(folder.resolve("package.json"), "{\"private\": true}\n");
                    command.addAll(
                            List.of(
                                    "npm",
                                    "install",
                                    "--no-audit",
                                    "--no-fund",
                                    "--no-package-lock",
                                    "--loglevel=error"));
                }
            }
            command.addAll(packages);
            Path log = bench.folder().resolve(slug() + "-install.log");
            int exit = bench.run(command, folder, Map.of(), log, INSTALL);
            if (exit != 0) {
                throw new IllegalStateException(
                        name + " cannot be installed: " + Files.readString(log).strip());
            }
            Files.writeString(done, wanted);
        }
        // Node looks for packages beside the program, not beside the caller.
        try (DirectoryStream<Path> programs =
                Files.newDirectoryStream(bench.project().clients(), "*.{py,mjs}")) {
            for (Path program : programs) {
                Files.copy(
                        program,
                        folder.resolve(program.getFileName()),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /// @param environment where the server is, and the keys
    List<Finding> check(Workbench bench, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path folder = folder(bench);
        Path log = bench.folder().resolve(slug() + ".log");
        String interpreter = installer == Installer.PIP ? "python3" : "node";
        int exit =
                bench.run(
                        List.of(interpreter, folder.resolve(checks).toString()),
                        bench.folder(),
                        environment,
                        log,
                        CHECK);
        List<Finding> findings = new ArrayList<>();
        List<String> lines = Files.readAllLines(log);
        for (String line : lines) {
            if (line.startsWith("{\"check\":")) {
                JsonNode finding = Json.read(line);
                findings.add(
                        new Finding(
                                finding.path("check").asText(),
                                finding.path("ok").asBoolean(),
                                finding.path("found").asText()));
            }
        }
        if (exit != 0 || findings.isEmpty()) {
            String last = lines.isEmpty() ? "nothing" : lines.getLast();
            findings.add(new Finding("runs to its end", false, "exit code " + exit + ": " + last));
        }
        return findings;
    }

    private String slug() {
        return name.replace(' ', '-');
    }

    private Path folder(Workbench bench) {
        return bench.project().installedClients().resolve(slug());
    }
}
