package mooring.jobs;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.logging.LogLevel;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.ExecutionContext;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.Daily;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import com.github.kagkarlsson.scheduler.task.schedule.Schedule;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The jobs of this node, kept in the table `job` of the database that all nodes share.
public final class Jobs implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Jobs.class);

    private static final String TABLE = "job";
    private static final int THREADS = 4;
    private static final Duration POLL = Duration.ofSeconds(5);

    /// After four missed ones a node counts as dead, and another does its jobs.
    private static final Duration HEARTBEAT = Duration.ofSeconds(30);

    /// How long a stopping node lets a running job go on.
    private static final Duration STOP = Duration.ofSeconds(15);

    /// Data of jobs is text, so that it can be read in the table.
    private static final Serializer TEXT =
            new Serializer() {
                @Override
                public byte[] serialize(Object data) {
                    return String.valueOf(data).getBytes(StandardCharsets.UTF_8);
                }

                @Override
                public <T> T deserialize(Class<T> type, byte[] bytes) {
                    return type.cast(new String(bytes, StandardCharsets.UTF_8));
                }
            };

    private final Scheduler scheduler;
    private final Map<String, OneTimeTask<String>> onDemand = new HashMap<>();

    /// @param node under which name this one's jobs are marked
    public Jobs(DataSource database, String node, List<Job> jobs) {
        this(database, node, jobs, POLL);
    }

    Jobs(DataSource database, String node, List<Job> jobs, Duration poll) {
        List<RecurringTask<Void>> recurring = new ArrayList<>();
        List<Task<?>> known = new ArrayList<>();
        for (Job job : jobs) {
            switch (job) {
                case Job.Repeated repeated ->
                        recurring.add(
                                recurring(
                                        repeated.name(),
                                        FixedDelay.of(repeated.pause()),
                                        repeated.work()));
                case Job.Daily daily ->
                        recurring.add(
                                recurring(
                                        daily.name(),
                                        new Daily(daily.zone(), daily.at()),
                                        daily.work()));
                case Job.OnDemand demanded -> {
                    OneTimeTask<String> task = oneTime(demanded);
                    onDemand.put(demanded.name(), task);
                    known.add(task);
                }
            }
        }
        this.scheduler =
                Scheduler.create(database, known)
                        .startTasks(recurring)
                        .tableName(TABLE)
                        .schedulerName(new SchedulerName.Fixed(node))
                        .serializer(TEXT)
                        .threads(THREADS)
                        .pollingInterval(poll)
                        .heartbeatInterval(HEARTBEAT)
                        .shutdownMaxWait(STOP)
                        .alwaysPersistTimestampInUTC()
                        // Failures are told once, below.
                        .failureLogging(LogLevel.DEBUG, false)
                        .build();
    }

    public void start() {
        scheduler.start();
    }

    /// Asks for a job that is done on demand; asked again with the same `id` before it is done, it
    /// stays one.
    ///
    /// @return whether it was not asked for already
    public boolean ask(String name, String id, String data, Instant at) {
        OneTimeTask<String> task = onDemand.get(name);
        if (task == null) {
            throw new IllegalArgumentException(
                    "job: " + name + " (expected: one of " + onDemand.keySet() + ")");
        }
        return scheduler.scheduleIfNotExists(task.instance(id, data), at);
    }

    @Override
    public void close() {
        scheduler.stop();
    }

    private static RecurringTask<Void> recurring(String name, Schedule schedule, Job.Work work) {
        return Tasks.recurring(name, schedule).execute((_, _) -> run(name, work));
    }

    private static OneTimeTask<String> oneTime(Job.OnDemand job) {
        return Tasks.oneTime(job.name(), String.class)
                .execute(
                        (TaskInstance<String> instance, ExecutionContext _) ->
                                run(job.name(), () -> job.task().run(instance.getData())));
    }

    private static void run(String name, Job.Work work) {
        try {
            work.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("job " + name + " was interrupted", e);
        } catch (Exception e) {
            LOG.warn("job {} failed and will come again: {}", name, e.toString());
            throw new IllegalStateException("job " + name + " failed", e);
        }
    }
}
