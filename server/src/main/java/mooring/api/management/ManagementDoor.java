package mooring.api.management;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import mooring.accounts.KeyHash;
import mooring.auth.Authenticator;
import mooring.http.Door;
import mooring.http.Exchange;
import mooring.metering.ArchiveException;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.problem.Seconds;
import mooring.sql.SqlFaults;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The operator's part of the HTTP surface: everything under `/api/v1`, as the contract has it.
///
/// Credential first, then path, method, body and form; what passes is carried out in plain blocking
/// code on the given executor and answered on the request's event loop.
public final class ManagementDoor implements Door {

    private static final Logger LOG = LoggerFactory.getLogger(ManagementDoor.class);

    /// No operation here has a use for more.
    static final long MAX_BODY_BYTES = 1024L * 1024;

    /// Calls carried out at once; operators are few, and each call may hold a connection.
    static final int MAX_RUNNING = 64;

    private static final Duration CALL_DEADLINE = Duration.ofSeconds(50);

    /// Reads every row there is.
    private static final Duration VERIFY_DEADLINE = Duration.ofMinutes(30);

    private static final Duration STORE_RETRY_AFTER = Duration.ofSeconds(5);

    private final Contract contract;
    private final Operations operations;
    private final OperatorAccess access;
    private final Executor blocking;
    private final Semaphore running = new Semaphore(MAX_RUNNING);

    ManagementDoor(
            Contract contract, Operations operations, OperatorAccess access, Executor blocking) {
        this.contract = contract;
        this.operations = operations;
        this.access = access;
        this.blocking = blocking;
    }

    /// Reads the contract and binds its operations; blocking, for the start.
    ///
    /// @param operatorKey hash of the one credential that opens this door
    /// @param authenticator tells a customer's key, which is refused, from no key at all
    /// @param blocking runs the operations, on threads that may block
    /// @throws IllegalStateException when an operation of the contract has no handler
    public static ManagementDoor create(
            Vertx vertx,
            KeyHash operatorKey,
            Authenticator authenticator,
            ManagementServices services,
            Executor blocking) {
        Contract contract = Contract.load(vertx);
        return new ManagementDoor(
                contract,
                new Operations(contract, Operations.of(services)),
                new OperatorAccess(operatorKey, authenticator),
                blocking);
    }

    @Override
    public boolean open(Exchange exchange) {
        String path = exchange.request().path();
        if (path == null
                || !(path.equals(Contract.PREFIX) || path.startsWith(Contract.PREFIX + "/"))) {
            return false;
        }
        exchange.request().pause();
        guarded(exchange, () -> enter(exchange, access.decide(exchange.bearer())));
        return true;
    }

    private void enter(Exchange exchange, OperatorAccess.Decision decision) {
        switch (decision) {
            case OperatorAccess.Decision.Granted _ -> receive(exchange);
            case OperatorAccess.Decision.Refused(Problem problem) ->
                    refuse(exchange, Refusal.of(problem));
            case OperatorAccess.Decision.Waiting(var later) ->
                    later.whenComplete(
                            (found, failure) ->
                                    onLoop(
                                            exchange,
                                            () -> {
                                                if (failure != null) {
                                                    throw new IllegalStateException(failure);
                                                }
                                                enter(exchange, found);
                                            }));
        }
    }

    private void receive(Exchange exchange) {
        HttpServerRequest request = exchange.request();
        List<ContractOperation> here = contract.at(request.path());
        if (here.isEmpty()) {
            refuse(
                    exchange,
                    Refusal.of(
                            new Problem.NotFound(
                                    "path: "
                                            + SchemaText.shown(request.path())
                                            + " does not exist (expected: one in"
                                            + " docs/api/openapi.yaml)")));
            return;
        }
        for (ContractOperation operation : here) {
            if (operation.method().equals(request.method())) {
                exchange.body(MAX_BODY_BYTES)
                        .onComplete(
                                body ->
                                        guarded(
                                                exchange,
                                                () -> {
                                                    if (body.failed()) {
                                                        answer(
                                                                exchange,
                                                                refusal(exchange, body.cause()));
                                                    } else {
                                                        carryOut(
                                                                exchange, operation, body.result());
                                                    }
                                                }));
                return;
            }
        }
        String allowed =
                here.stream()
                        .map(operation -> operation.method().name())
                        .sorted()
                        .collect(Collectors.joining(", "));
        exchange.response().putHeader("allow", allowed);
        refuse(
                exchange,
                Refusal.of(new Problem.MethodNotAllowed(request.method().name(), allowed)));
    }

    private void carryOut(Exchange exchange, ContractOperation operation, Buffer body) {
        RawInput raw = rawInput(exchange, operation, body);
        if (!running.tryAcquire()) {
            answer(exchange, Refusal.busy(MAX_RUNNING));
            return;
        }
        Duration deadline = deadline(operation);
        long timer =
                exchange.context()
                        .owner()
                        .setTimer(
                                deadline.toMillis(),
                                _ -> answer(exchange, Refusal.overdue(deadline)));
        try {
            blocking.execute(
                    () -> {
                        Runnable answer;
                        try {
                            answer = outcome(exchange, operation, raw);
                        } finally {
                            running.release();
                        }
                        onLoop(
                                exchange,
                                () -> {
                                    exchange.context().owner().cancelTimer(timer);
                                    answer.run();
                                });
                    });
        } catch (RejectedExecutionException _) {
            running.release();
            exchange.context().owner().cancelTimer(timer);
            answer(exchange, Refusal.of(new Problem.Draining()));
        }
    }

    private static Duration deadline(ContractOperation operation) {
        return switch (operation.id()) {
            case "verifyLedger" -> VERIFY_DEADLINE;
            case "takeBackup" -> BackupsResource.LONGEST;
            default -> CALL_DEADLINE;
        };
    }

    /// On the executor; what comes back is to be run on the event loop.
    private Runnable outcome(Exchange exchange, ContractOperation operation, RawInput raw) {
        try {
            Answer answer = operations.handler(operation).handle(InputReader.read(operation, raw));
            if (answer.body() instanceof Download download) {
                Exception cut = new DownloadStream(exchange, download).send();
                if (cut != null) {
                    LOG.warn("{}: a download was cut short: {}", exchange.id(), cut.toString());
                }
                return () -> {};
            }
            return () -> exchange.json(answer.status(), answer.body());
        } catch (RuntimeException | Error e) {
            Refusal refusal = refusal(exchange, e);
            return () -> answer(exchange, refusal);
        }
    }

    private static RawInput rawInput(Exchange exchange, ContractOperation operation, Buffer body) {
        try {
            return RawInput.of(exchange.request(), operation, body);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            null, "query: cannot be decoded (expected: percent-encoded UTF-8)"),
                    e);
        }
    }

    /// Answers before the body was read. A request that has none is read to its end first, so that
    /// its connection stays usable.
    private static void refuse(Exchange exchange, Refusal refusal) {
        HttpServerRequest request = exchange.request();
        boolean bodyFollows =
                request.getHeader("transfer-encoding") != null
                        || (request.getHeader("content-length") != null
                                && !"0".equals(request.getHeader("content-length")));
        if (bodyFollows) {
            answer(exchange, refusal);
        } else {
            exchange.body(0).onComplete(_ -> answer(exchange, refusal));
        }
    }

    private static void answer(Exchange exchange, Refusal refusal) {
        if (exchange.response().headWritten()) {
            return;
        }
        if (refusal.retryAfter() != null) {
            exchange.response()
                    .putHeader("retry-after", Long.toString(Seconds.up(refusal.retryAfter())));
        }
        if (refusal.status() == 401) {
            exchange.response().putHeader("www-authenticate", "Bearer");
        }
        exchange.json(refusal.status(), refusal.body());
    }

    private static Refusal refusal(Exchange exchange, Throwable cause) {
        if (cause instanceof ProblemException problem) {
            return Refusal.of(problem.problem());
        }
        if (cause instanceof ArchiveException) {
            LOG.warn("{}: {}", exchange.id(), cause.toString());
            return Refusal.of(new Problem.StoreUnavailable(STORE_RETRY_AFTER));
        }
        if (SqlFaults.transientFault(cause)) {
            LOG.warn("{}: the store did not answer: {}", exchange.id(), cause.toString());
            return Refusal.of(new Problem.StoreUnavailable(STORE_RETRY_AFTER));
        }
        LOG.error("{}: a management call failed", exchange.id(), cause);
        return Refusal.of(new Problem.Internal());
    }

    private static void onLoop(Exchange exchange, Runnable work) {
        exchange.context().runOnContext(_ -> guarded(exchange, work));
    }

    /// An exception that left an event handler would leave the caller without an answer.
    private static void guarded(Exchange exchange, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            answer(exchange, refusal(exchange, e));
        }
    }
}
