package mooring.idempotency.store;

import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.UUID;
import mooring.crypto.MasterKey;
import mooring.crypto.UnsealException;
import mooring.idempotency.KeptAnswers;
import mooring.ids.RequestId;
import mooring.sql.SqlArrays;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Kept answers in PostgreSQL: one row for each key, claimed before anything runs.
public final class PostgresKeptAnswers implements KeptAnswers {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresKeptAnswers.class);

    /// A request whose node died is charged within this time or never: its node is given up then.
    private static final Duration CHARGE_COMES = Duration.ofMinutes(35);

    private static final int MAX_TRIES = 3;

    private final Jdbi jdbi;
    private final Clock clock;
    private final MasterKey key;

    public PostgresKeptAnswers(Jdbi jdbi, Clock clock, MasterKey key) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.key = key;
    }

    private record Row(
            String fingerprint,
            UUID request,
            String state,
            Instant claimedUntil,
            Instant expiresAt,
            @Nullable String contentType,
            @Nullable Buffer sealed) {}

    @Override
    public Known claim(Question question, RequestId request) {
        for (int i = 0; i < MAX_TRIES; i++) {
            Known known = jdbi.inTransaction(handle -> claim(handle, question, request));
            if (known != null) {
                return known;
            }
        }
        return new Known.Running(request);
    }

    /// Null when the row went away between two looks.
    private @Nullable Known claim(Handle handle, Question question, RequestId request) {
        Instant now = clock.now();
        if (insert(handle, question, request, now) == 1) {
            return new Known.Claimed();
        }
        Row row = find(handle, question);
        if (row == null) {
            return null;
        }
        if (!row.expiresAt().isAfter(now)) {
            return take(handle, question, request, now);
        }
        if (!row.fingerprint().equals(question.fingerprint().hex())) {
            return new Known.Other();
        }
        RequestId first = new RequestId(row.request());
        Buffer sealed = row.sealed();
        String contentType = row.contentType();
        return switch (row.state()) {
            case "stored" ->
                    sealed == null || contentType == null
                            ? new Known.NotKept(first, false)
                            : opened(first, contentType, sealed.getBytes());
            case "too_large" -> new Known.NotKept(first, true);
            case "not_kept" -> new Known.NotKept(first, false);
            default -> running(handle, question, request, row, now);
        };
    }

    /// A claim that nobody renews: what became of its request is in the books, or comes there.
    private Known running(
            Handle handle, Question question, RequestId request, Row row, Instant now) {
        RequestId first = new RequestId(row.request());
        if (row.claimedUntil().isAfter(now)) {
            return new Known.Running(first);
        }
        Long charge =
                handle.createQuery(
                                """
                                SELECT charge FROM settlement
                                WHERE day = uuid7_day(:request) AND request_id = :request
                                """)
                        .bind("request", row.request())
                        .mapTo(Long.class)
                        .findOne()
                        .orElse(null);
        if (charge != null && charge > 0) {
            doNotKeep(handle, question, first, false);
            return new Known.NotKept(first, false);
        }
        if (charge != null || row.claimedUntil().plus(CHARGE_COMES).isBefore(now)) {
            return take(handle, question, request, now);
        }
        return new Known.Running(first);
    }

    private int insert(Handle handle, Question question, RequestId request, Instant now) {
        return handle.createUpdate(
                        """
                        INSERT INTO idempotent_answer (project_id, key_hash, organization_id,
                            fingerprint, request_id, state, claimed_until, expires_at)
                        VALUES (:project, :key, :organization, :fingerprint, :request, 'running',
                            :claimedUntil, :expiresAt)
                        ON CONFLICT DO NOTHING
                        """)
                .bind("project", question.project().uuid())
                .bind("key", question.keyHash().bytes())
                .bind("organization", question.organization().uuid())
                .bind("fingerprint", question.fingerprint().bytes())
                .bind("request", request.uuid())
                .bind("claimedUntil", now.plus(CLAIM))
                .bind("expiresAt", now.plus(KEPT_FOR))
                .execute();
    }

    private static @Nullable Row find(Handle handle, Question question) {
        return handle.createQuery(
                        """
                        SELECT encode(fingerprint, 'hex') AS fingerprint, request_id, state,
                            claimed_until, expires_at, content_type, sealed
                        FROM idempotent_answer
                        WHERE project_id = :project AND key_hash = :key FOR UPDATE
                        """)
                .bind("project", question.project().uuid())
                .bind("key", question.keyHash().bytes())
                .map(
                        (row, _) ->
                                new Row(
                                        row.getString("fingerprint"),
                                        row.getObject("request_id", UUID.class),
                                        row.getString("state"),
                                        row.getTimestamp("claimed_until").toInstant(),
                                        row.getTimestamp("expires_at").toInstant(),
                                        row.getString("content_type"),
                                        sealed(row.getBytes("sealed"))))
                .findOne()
                .orElse(null);
    }

    private static @Nullable Buffer sealed(byte @Nullable [] bytes) {
        return bytes == null ? null : Buffer.buffer(bytes);
    }

    private Known take(Handle handle, Question question, RequestId request, Instant now) {
        handle.createUpdate(
                        """
                        UPDATE idempotent_answer SET fingerprint = :fingerprint,
                            request_id = :request, state = 'running',
                            claimed_until = :claimedUntil, expires_at = :expiresAt,
                            content_type = NULL, sealed = NULL
                        WHERE project_id = :project AND key_hash = :key
                        """)
                .bind("fingerprint", question.fingerprint().bytes())
                .bind("request", request.uuid())
                .bind("claimedUntil", now.plus(CLAIM))
                .bind("expiresAt", now.plus(KEPT_FOR))
                .bind("project", question.project().uuid())
                .bind("key", question.keyHash().bytes())
                .execute();
        return new Known.Claimed();
    }

    private Known opened(RequestId request, String contentType, byte[] sealed) {
        try {
            return new Known.Kept(
                    new Answer(
                            request, contentType, Buffer.buffer(key.open(place(request), sealed))));
        } catch (UnsealException e) {
            LOG.warn("the kept answer of {} cannot be opened: {}", request, e.toString());
            return new Known.NotKept(request, false);
        }
    }

    private static String place(RequestId request) {
        return "idempotent_answer " + request;
    }

    @Override
    public void renew(Collection<RequestId> requests) {
        if (requests.isEmpty()) {
            return;
        }
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        UPDATE idempotent_answer SET claimed_until = :until
                                        WHERE state = 'running' AND request_id = ANY (:requests)
                                        """)
                                .bind("until", clock.now().plus(CLAIM))
                                .bind(
                                        "requests",
                                        SqlArrays.column("uuid", requests, RequestId::uuid))
                                .execute());
    }

    @Override
    public void keep(Question question, Answer answer) {
        byte[] sealed = key.sealLong(place(answer.request()), answer.body().getBytes());
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        UPDATE idempotent_answer SET state = 'stored',
                                            content_type = :contentType, sealed = :sealed
                                        WHERE project_id = :project AND key_hash = :key
                                            AND request_id = :request AND state = 'running'
                                        """)
                                .bind("contentType", answer.contentType())
                                .bind("sealed", sealed)
                                .bind("project", question.project().uuid())
                                .bind("key", question.keyHash().bytes())
                                .bind("request", answer.request().uuid())
                                .execute());
    }

    @Override
    public void doNotKeep(Question question, RequestId request, boolean tooLarge) {
        jdbi.useHandle(handle -> doNotKeep(handle, question, request, tooLarge));
    }

    private static void doNotKeep(
            Handle handle, Question question, RequestId request, boolean tooLarge) {
        handle.createUpdate(
                        """
                        UPDATE idempotent_answer SET state = :state
                        WHERE project_id = :project AND key_hash = :key
                            AND request_id = :request AND state = 'running'
                        """)
                .bind("state", tooLarge ? "too_large" : "not_kept")
                .bind("project", question.project().uuid())
                .bind("key", question.keyHash().bytes())
                .bind("request", request.uuid())
                .execute();
    }

    @Override
    public void release(Question question, RequestId request) {
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        DELETE FROM idempotent_answer
                                        WHERE project_id = :project AND key_hash = :key
                                            AND request_id = :request AND state = 'running'
                                        """)
                                .bind("project", question.project().uuid())
                                .bind("key", question.keyHash().bytes())
                                .bind("request", request.uuid())
                                .execute());
    }
}
