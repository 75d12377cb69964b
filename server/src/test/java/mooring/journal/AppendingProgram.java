package mooring.journal;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import mooring.time.Clock;

/// A process that appends until it is killed, and says what it has appended.
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
        SyncLoop.start(journal, Clock.system());
        ProgressTable table = ProgressTable.open(storage, SampleLog.ID, 10);
        int slot = table.claim(SampleLog.ID);
        long end = journal.appended();
        System.out.println("from " + end);
        for (int number = 1; ; number++) {
            end = journal.append(ByteBuffer.wrap(payload(number)));
            table.write(slot, number, 0, 0, 0, 0, end);
            System.out.println("at " + number + " " + end);
        }
    }

    static byte[] payload(int number) {
        byte[] payload = new byte[40 + number % 300];
        ByteBuffer.wrap(payload).putInt(number);
        return payload;
    }
}
