package mooring.app;

import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import mooring.accounts.Principal;
import mooring.config.AccessLogForm;
import mooring.config.Settings;
import mooring.http.Exchange;
import mooring.ids.RequestId;
import mooring.inference.Operation;
import mooring.inference.Usage;
import mooring.metering.Acceptance;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.Timeline;
import mooring.metering.UsageRecord;
import mooring.telemetry.AccessLine;
import mooring.telemetry.AccessLog;
import mooring.telemetry.Traces;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Follows each request from its arrival to its last byte and its settlement, for access log and
/// traces. Exists only where one of them is wanted, and costs nothing else.
///
/// What is told of one request comes from its event loop, one after the other.
final class RequestTrail {

    /// What proxies write for a caller who left before there was a status.
    private static final int LEFT = 499;

    private final Map<RequestId, Followed> open = new ConcurrentHashMap<>();
    private final Clock clock;
    private final @Nullable AccessLog log;
    private final @Nullable Traces traces;

    RequestTrail(Clock clock, @Nullable AccessLog log, @Nullable Traces traces) {
        this.clock = clock;
        this.log = log;
        this.traces = traces;
    }

    /// One request on its way.
    private static final class Followed {
        private final Instant at;
        private final long arrivedNanos;
        private final Traces.@Nullable RequestSpan span;
        private AccessLine.@Nullable Caller caller;
        private AccessLine.@Nullable Served served;
        private @Nullable String problem;
        private boolean awaitsOutcome;
        private @Nullable End end;

        private Followed(Instant at, long arrivedNanos, Traces.@Nullable RequestSpan span) {
            this.at = at;
            this.arrivedNanos = arrivedNanos;
            this.span = span;
        }
    }

    private record End(String method, String path, int status, long bytes, long micros) {}

    /// Null where nobody wants to know.
    static @Nullable RequestTrail of(Settings settings, DataFolder folder, Clock clock) {
        AccessLogForm form = settings.accessLog();
        String endpoint = settings.otlpEndpoint();
        if (form == AccessLogForm.OFF && endpoint == null) {
            return null;
        }
        return new RequestTrail(
                clock,
                form == AccessLogForm.OFF
                        ? null
                        : AccessLog.open(
                                folder.resolve("logs").resolve("access.log"),
                                form == AccessLogForm.JSON),
                endpoint == null
                        ? null
                        : new Traces(endpoint, settings.traceSamplePercent(), Server.VERSION));
    }

    /// Lines that the log left out.
    long dropped() {
        return log == null ? 0 : log.dropped();
    }

    /// Writes and sends what waits, for a moment at most.
    void close() {
        if (log != null) {
            log.close();
        }
        if (traces != null) {
            traces.close();
        }
    }

    void arrived(Exchange exchange) {
        Instant at = clock.now();
        String method = exchange.request().method().name();
        Traces.RequestSpan span =
                traces == null
                        ? null
                        : traces.begin(method, at, exchange.request().getHeader("traceparent"));
        RequestId id = exchange.id();
        open.put(id, new Followed(at, clock.monotonicNanos(), span));
        exchange.onEnd(() -> ended(exchange, id, method));
    }

    private void ended(Exchange exchange, RequestId id, String method) {
        Followed followed = open.get(id);
        if (followed == null || followed.end != null) {
            return;
        }
        HttpServerResponse response = exchange.response();
        String path = exchange.request().path();
        followed.end =
                new End(
                        method,
                        path == null ? "" : path,
                        response.headWritten() ? response.getStatusCode() : LEFT,
                        response.bytesWritten(),
                        micros(clock.monotonicNanos() - followed.arrivedNanos));
        if (!followed.awaitsOutcome) {
            write(id, followed, followed.end);
        }
    }

    void identified(RequestId id, Principal principal) {
        Followed followed = open.get(id);
        if (followed != null) {
            followed.caller =
                    new AccessLine.Caller(
                            principal.organization().toString(),
                            principal.project().toString(),
                            principal.key().toString());
        }
    }

    /// From here on the request has one outcome, which may come behind the last byte.
    void begun(Acceptance accepted) {
        Followed followed = open.get(accepted.id());
        if (followed != null) {
            followed.awaitsOutcome = true;
        }
    }

    void refused(RequestId id, String problem) {
        Followed followed = open.get(id);
        if (followed != null) {
            followed.problem = problem;
        }
    }

    void settled(UsageRecord record, Operation operation, Duration settling) {
        outcome(
                record,
                operation,
                record.usage(),
                record.ending().name().toLowerCase(Locale.ROOT),
                record.charge().toString(),
                null,
                settling);
    }

    void released(Release release, Operation operation) {
        outcome(release, operation, Usage.NONE, null, null, release.problem(), Duration.ZERO);
    }

    private void outcome(
            Outcome outcome,
            Operation operation,
            Usage usage,
            @Nullable String ending,
            @Nullable String charge,
            @Nullable String problem,
            Duration settling) {
        RequestId id = outcome.id();
        Followed followed = open.get(id);
        if (followed == null) {
            return;
        }
        Acceptance accepted = outcome.accepted();
        followed.problem = problem;
        followed.served =
                new AccessLine.Served(
                        operation,
                        accepted.model().text(),
                        outcome.served().replica(),
                        outcome.served().attempts(),
                        accepted.streamed(),
                        usage,
                        ending,
                        charge,
                        phases(
                                outcome.served().timeline(),
                                micros(clock.monotonicNanos() - followed.arrivedNanos),
                                settling));
        followed.awaitsOutcome = false;
        if (followed.end != null) {
            write(id, followed, followed.end);
        }
    }

    /// The way's points in their order; the settlement is on disk where `settle` stands.
    private static Map<String, Long> phases(Timeline timeline, long now, Duration settling) {
        Map<String, Long> phases = new LinkedHashMap<>();
        put(phases, "auth", timeline.authenticated());
        put(phases, "admission", timeline.admitted());
        put(phases, "queue", timeline.dispatched());
        put(phases, "connect", timeline.connected());
        put(phases, "first_token", timeline.firstToken());
        put(phases, "last_token", timeline.lastToken());
        if (!settling.isZero()) {
            put(phases, "settle", now);
        }
        return phases;
    }

    private static void put(Map<String, Long> phases, String name, long micros) {
        if (micros >= 0) {
            phases.put(name, micros);
        }
    }

    /// What an engine is told of the trace that it works for; null where there is none.
    @Nullable String traceparent(RequestId id) {
        if (traces == null) {
            return null;
        }
        Followed followed = open.get(id);
        return followed == null || followed.span == null ? null : followed.span.traceparent();
    }

    private void write(RequestId id, Followed followed, End end) {
        open.remove(id);
        AccessLine line =
                new AccessLine(
                        followed.at,
                        id.toString(),
                        end.method(),
                        end.path(),
                        end.status(),
                        end.bytes(),
                        end.micros(),
                        followed.caller,
                        followed.served,
                        followed.problem,
                        followed.span == null ? null : followed.span.traceId());
        if (log != null) {
            log.add(line);
        }
        if (followed.span != null) {
            followed.span.end(line);
        }
    }

    private static long micros(long nanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanos);
    }
}
