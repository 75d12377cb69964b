package mooring.journal;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import mooring.time.Clock;

/// A process that appends until it is killed, and says what of it was synced.
final class AppendingProgram {

    private AppendingProgram() {}

    /// @param arguments the folder
    public static void main(String[] arguments) {
        JournalOptions options =
                JournalOptions.of(SampleLog.ID)
                        .withSegments(64 << 10, 1_000)
                        .withAppendWait(Duration.ofSeconds(20));
        JournalStorage storage = FileStorage.open(Path.of(arguments[0]));
        Journal journal = Journal.open(storage, options, Clock.system());
        Queue<Appended> pending = new ConcurrentLinkedQueue<>();
        journal.onSynced(position -> say(pending, position));
        SyncLoop.start(journal, Clock.system());
        ProgressTable table = ProgressTable.open(storage, SampleLog.ID, 10);
        int slot = table.claim(SampleLog.ID);
        long end = journal.appended();
        System.out.println("from " + end);
        for (int number = 1; ; number++) {
            end = journal.append(ByteBuffer.wrap(payload(number)));
            table.write(slot, number, 0, 0, 0, 0, end);
            pending.add(new Appended(number, end));
        }
    }

    private record Appended(int number, long end) {}

    private static void say(Queue<Appended> pending, long synced) {
        for (Appended next = pending.peek();
                next != null && next.end() <= synced;
                next = pending.peek()) {
            System.out.println("at " + next.number() + " " + next.end());
            pending.remove();
        }
    }

    static byte[] payload(int number) {
        byte[] payload = new byte[40 + number % 300];
        ByteBuffer.wrap(payload).putInt(number);
        return payload;
    }
}
