package mooring.cli;

import picocli.CommandLine.Command;

/// The model files on this machine.
@Command(name = "model", description = "Bring models to this machine.")
final class ModelCommand extends GroupCommand {}
