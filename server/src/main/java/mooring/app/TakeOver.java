package mooring.app;

import java.nio.file.Path;
import java.util.Optional;

/// Asks the server that holds a data folder to drain and leave it.
final class TakeOver {

    private TakeOver() {}

    static void askToDrain(Path folder) {
        String holder = DataFolder.holder(folder);
        if (!holder.matches("[0-9]{1,10}")) {
            return;
        }
        Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(holder));
        // A recycled process id may be anything: only a Java like this one is asked.
        Optional<String> ours = ProcessHandle.current().info().command();
        if (process.isPresent()
                && process.get().pid() != ProcessHandle.current().pid()
                && process.get().info().command().equals(ours)) {
            process.get().destroy();
        }
    }
}
