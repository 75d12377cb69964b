package mooring.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The util-linux program that ties a child to our life and gives up root's rights.
final class Setpriv {
    /// The kernel forgets a parent that died before the bond was made, so the shell looks again,
    /// after it, whether its parent is still us.
    private static final String STILL_OURS = "test \"$PPID\" = \"$0\" && exec \"$@\"";

    private Setpriv() {}

    /// Where it is on a search path such as PATH's, or null.
    static @Nullable Path find(@Nullable String searchPath) {
        String folders = searchPath == null ? "/usr/bin:/bin" : searchPath;
        for (String folder : folders.split(":")) {
            Path candidate = Path.of(folder.isEmpty() ? "." : folder, "setpriv");
            if (Files.isExecutable(candidate)) {
                return candidate.toAbsolutePath();
            }
        }
        return null;
    }

    static List<String> wrap(Path setpriv, ChildSpec spec, long ourPid) {
        List<String> words = new ArrayList<>();
        words.add(setpriv.toString());
        RunAs account = spec.runAs();
        if (account != null) {
            words.add("--reuid=" + account.uid());
            words.add("--regid=" + account.gid());
            words.add("--clear-groups");
            words.add("--no-new-privs");
            if (account.readAnywhere()) {
                words.add("--inh-caps=-all,+dac_read_search");
                words.add("--ambient-caps=-all,+dac_read_search");
                words.add("--bounding-set=-all,+dac_read_search");
                // Without this bit access(2) ignores capabilities, and initdb trusts access(2).
                words.add("--securebits=+no_setuid_fixup");
            }
        }
        words.add("--pdeathsig=" + spec.onOurDeath().name());
        words.add("/bin/sh");
        words.add("-c");
        words.add(STILL_OURS);
        words.add(Long.toString(ourPid));
        words.addAll(spec.command());
        return words;
    }
}
