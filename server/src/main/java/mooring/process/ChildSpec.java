package mooring.process;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What to start and how: a program, its output's file, and how firmly it is tied to our own life.
///
/// A secret has no place here, because a command line is public and an environment nearly so: write
/// it to a file that only the child's account can read, or to the child's input.
///
/// @param environment variables added to the inherited ones, or all there are if nothing is
///   inherited
/// @param inheritEnvironment whether ours is passed on, without what begins with `MOORING_`
/// @param inputOpen whether the child's input stays open as a lifeline: its end tells the child
///   that we are gone; otherwise the input is empty
/// @param onOurDeath what the kernel sends the child when we die
/// @param bondRequired whether a machine that cannot tie the child to us is refused
/// @param runAs the account to run as, for children of root; null for our own
/// @param maxLogBytes the length at which the log file is copied away and emptied
public record ChildSpec(
        String name,
        List<String> command,
        Map<String, String> environment,
        boolean inheritEnvironment,
        Path logFile,
        long maxLogBytes,
        boolean inputOpen,
        Signal onOurDeath,
        boolean bondRequired,
        @Nullable RunAs runAs) {
    private static final long DEFAULT_MAX_LOG_BYTES = 16L * 1024 * 1024;

    public ChildSpec {
        if (command.isEmpty()) {
            throw new IllegalArgumentException(name + ": no command (expected: a program)");
        }
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /// A child with our environment and account, empty input, killed by the kernel when we die if
    /// the machine can do that.
    public static ChildSpec of(String name, List<String> command, Path logFile) {
        return new ChildSpec(
                name,
                command,
                Map.of(),
                true,
                logFile,
                DEFAULT_MAX_LOG_BYTES,
                false,
                Signal.KILL,
                false,
                null);
    }

    /// With these variables besides the inherited ones.
    public ChildSpec withEnvironment(Map<String, String> added) {
        return new ChildSpec(
                name,
                command,
                added,
                inheritEnvironment,
                logFile,
                maxLogBytes,
                inputOpen,
                onOurDeath,
                bondRequired,
                runAs);
    }

    /// With these variables and no others.
    public ChildSpec withOnlyEnvironment(Map<String, String> all) {
        return new ChildSpec(
                name,
                command,
                all,
                false,
                logFile,
                maxLogBytes,
                inputOpen,
                onOurDeath,
                bondRequired,
                runAs);
    }

    /// With an input that stays open as long as we live.
    public ChildSpec withInputOpen() {
        return new ChildSpec(
                name,
                command,
                environment,
                inheritEnvironment,
                logFile,
                maxLogBytes,
                true,
                onOurDeath,
                bondRequired,
                runAs);
    }

    /// Tied to our life by this signal, or not started at all.
    public ChildSpec withBond(Signal signal) {
        return new ChildSpec(
                name,
                command,
                environment,
                inheritEnvironment,
                logFile,
                maxLogBytes,
                inputOpen,
                signal,
                true,
                runAs);
    }

    /// Run as another account.
    public ChildSpec withRunAs(@Nullable RunAs account) {
        return new ChildSpec(
                name,
                command,
                environment,
                inheritEnvironment,
                logFile,
                maxLogBytes,
                inputOpen,
                onOurDeath,
                bondRequired,
                account);
    }

    /// With another bound of the log file.
    public ChildSpec withMaxLogBytes(long bytes) {
        return new ChildSpec(
                name,
                command,
                environment,
                inheritEnvironment,
                logFile,
                bytes,
                inputOpen,
                onOurDeath,
                bondRequired,
                runAs);
    }
}
