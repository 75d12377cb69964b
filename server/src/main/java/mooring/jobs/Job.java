package mooring.jobs;

import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;

/// Something to be done in the background. Whichever node is free does it; never two at once, but
/// again when a node dies over it, so it must bear being repeated.
public sealed interface Job {

    String name();

    /// What is done; blocking. A throw is logged, and the work comes again in its time.
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    /// What is done with the words it was asked for with.
    @FunctionalInterface
    interface Task {
        void run(String data) throws Exception;
    }

    /// Again and again, so long after the last time has ended.
    record Repeated(String name, Duration pause, Work work) implements Job {}

    /// Once a day.
    record Daily(String name, LocalTime at, ZoneId zone, Work work) implements Job {}

    /// Whenever somebody asks for it; a failure is tried again every five minutes.
    record OnDemand(String name, Task task) implements Job {}
}
