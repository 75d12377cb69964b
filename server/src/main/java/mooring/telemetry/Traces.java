package mooring.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A trace of each sampled request, by OpenTelemetry's conventions for generative AI, sent to a
/// collector. Batches leave on a thread of their own; what its bounded queue cannot take is left
/// out. For every thread.
public final class Traces implements AutoCloseable {

    private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration EXPORT_EVERY = Duration.ofSeconds(2);
    private static final int MAX_WAITING = 4_096;
    private static final long CLOSE_SECONDS = 3;

    private static final Pattern TRACEPARENT =
            Pattern.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})");

    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private final SdkTracerProvider provider;
    private final Tracer tracer;

    /// @param endpoint of the collector, `http://host:4318/v1/traces`
    /// @param percent of the requests that belong to no trace yet; those that do follow it
    public Traces(String endpoint, int percent, String version) {
        provider =
                SdkTracerProvider.builder()
                        .setResource(
                                Resource.create(
                                        Attributes.of(
                                                AttributeKey.stringKey("service.name"),
                                                "mooring",
                                                AttributeKey.stringKey("service.version"),
                                                version)))
                        .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(percent / 100.0)))
                        .addSpanProcessor(
                                BatchSpanProcessor.builder(
                                                OtlpHttpSpanExporter.builder()
                                                        .setEndpoint(endpoint)
                                                        .setTimeout(EXPORT_TIMEOUT)
                                                        .build())
                                        .setMaxQueueSize(MAX_WAITING)
                                        .setScheduleDelay(EXPORT_EVERY)
                                        .setExporterTimeout(EXPORT_TIMEOUT)
                                        .build())
                        .build();
        tracer = provider.get("mooring");
    }

    /// One request's span, from its arrival on.
    public static final class RequestSpan {

        private final Span span;

        private RequestSpan(Span span) {
            this.span = span;
        }

        /// How those who work for this request name it as their parent.
        public String traceparent() {
            SpanContext context = span.getSpanContext();
            return "00-"
                    + context.getTraceId()
                    + "-"
                    + context.getSpanId()
                    + "-"
                    + context.getTraceFlags().asHex();
        }

        /// Null when it is not sampled, so that nobody looks for it.
        public @Nullable String traceId() {
            SpanContext context = span.getSpanContext();
            return context.isSampled() ? context.getTraceId() : null;
        }

        /// Ends it with what became of the request.
        public void end(AccessLine line) {
            if (span.isRecording()) {
                describe(line);
            }
            span.end(line.at().plusNanos(TimeUnit.MICROSECONDS.toNanos(line.micros())));
        }

        private void describe(AccessLine line) {
            span.setAttribute("http.request.method", line.method());
            span.setAttribute("http.response.status_code", line.status());
            span.setAttribute("url.path", line.path());
            span.setAttribute("mooring.request.id", line.requestId());
            AccessLine.Caller caller = line.caller();
            if (caller != null) {
                span.setAttribute("mooring.organization.id", caller.organization());
                span.setAttribute("mooring.project.id", caller.project());
            }
            AccessLine.Served served = line.served();
            if (served != null) {
                describe(line, served);
            }
            if (line.problem() != null) {
                span.setAttribute("error.type", line.problem());
            }
            if (line.status() >= 500) {
                span.setStatus(StatusCode.ERROR);
            }
        }

        private void describe(AccessLine line, AccessLine.Served served) {
            span.updateName(served.operation().word() + " " + served.model());
            span.setAttribute(Labels.OPERATION, served.operation().word());
            span.setAttribute(Labels.PROVIDER, Labels.OURSELVES);
            span.setAttribute(Labels.MODEL, served.model());
            span.setAttribute("gen_ai.usage.input_tokens", served.usage().prompt());
            span.setAttribute("gen_ai.usage.output_tokens", served.usage().output());
            if (served.ending() != null) {
                span.setAttribute(FINISH_REASONS, List.of(served.ending()));
            }
            if (served.replica() != null) {
                span.setAttribute("mooring.replica", served.replica());
            }
            for (Map.Entry<String, Long> phase : served.phases().entrySet()) {
                span.addEvent(
                        phase.getKey(),
                        line.at().plusNanos(TimeUnit.MICROSECONDS.toNanos(phase.getValue())));
            }
        }
    }

    /// @param traceparent as the caller sent it; what is no such thing counts as none
    public RequestSpan begin(String method, Instant at, @Nullable String traceparent) {
        return new RequestSpan(
                tracer.spanBuilder(method)
                        .setSpanKind(SpanKind.SERVER)
                        .setParent(parent(traceparent))
                        .setStartTimestamp(at)
                        .startSpan());
    }

    private static Context parent(@Nullable String traceparent) {
        Matcher form = TRACEPARENT.matcher(traceparent == null ? "" : traceparent);
        if (!form.matches()) {
            return Context.root();
        }
        return Context.root()
                .with(
                        Span.wrap(
                                SpanContext.createFromRemoteParent(
                                        form.group(1),
                                        form.group(2),
                                        TraceFlags.fromHex(form.group(3), 0),
                                        TraceState.getDefault())));
    }

    @Override
    public void close() {
        provider.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}
