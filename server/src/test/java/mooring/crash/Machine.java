package mooring.crash;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import mooring.journal.MemoryStorage;
import mooring.ledger.NodeEpoch;
import org.jspecify.annotations.Nullable;

/// A node's machine: a disk, a clock, and one process after the other.
final class Machine {

    private static final long DISK_BYTES = 8 << 20;

    final String name;
    final UUID journal;
    final SimulatedTime.OfNode clock;
    MemoryStorage disk = new MemoryStorage(DISK_BYTES);
    @Nullable Life life;

    /// Its disk will never be seen again.
    boolean gone;

    /// Requests whose fate this disk may still decide.
    final List<Story> stories = new ArrayList<>();

    final Set<NodeEpoch> lives = new HashSet<>();

    Machine(String name, SimulatedTime time) {
        this.name = name;
        this.journal = new UUID(77, name.hashCode());
        this.clock = new SimulatedTime.OfNode(time);
    }

    void begun(NodeEpoch node) {
        lives.add(node);
    }

    void progressSynced() {
        stories.removeIf(Story::decided);
        for (Story story : stories) {
            story.progressSynced = story.written;
        }
    }

    /// Its process ends now.
    void end(Story.Death how, RandomGenerator random) {
        life = null;
        boolean power = how == Story.Death.POWER;
        disk = power ? disk.afterPowerCut(random) : disk.afterKill();
        stories.removeIf(Story::decided);
        for (Story story : stories) {
            if (power && !story.endDurable) {
                story.death = Story.Death.POWER;
            } else if (story.death == Story.Death.NONE && !story.endDurable) {
                story.death = Story.Death.KILL;
            }
        }
    }

    /// A new life has ended what earlier ones left open, and all of it is on the disk.
    void recovered() {
        stories.clear();
    }
}
