package mooring.process;

/// The unprivileged account that a child of a root process runs as.
///
/// @param readAnywhere whether the child keeps the one capability that lets it pass folders closed
///   to others (needed below a 0700 folder such as root's home), and no other capability
public record RunAs(String user, int uid, int gid, boolean readAnywhere) {
    public RunAs {
        if (uid <= 0) {
            throw new IllegalArgumentException("uid: " + uid + " (expected: an unprivileged one)");
        }
    }
}
