package mooring.limits.redis;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import mooring.limits.ShareClaim;
import mooring.limits.ShareGrant;
import mooring.limits.ShareStore;
import mooring.problem.LimitKind;
import org.jspecify.annotations.Nullable;

/// Shares in Redis or Valkey, over one connection; each limit is one hash that one script changes.
///
/// Which memory the server has is told by its run id and by a marker: a restart, a failover and a
/// flush are all noticed, and nothing from before is trusted.
public final class RedisShares implements ShareStore {

    private static final String MARKER = "mooring:limits";
    private static final Pattern RUN_ID = Pattern.compile("run_id:([0-9a-f]+)");
    private static final Duration ANSWER = Duration.ofSeconds(1);

    /// Claims in one round trip.
    private static final int BATCH = 500;

    private final Redis redis;
    private final String node;
    private final Supplier<@Nullable Instant> time;
    private final String meetScript = script("meet.lua");
    private final String shareScript = script("share.lua");
    private @Nullable Session session;

    /// What is known of one connection's server.
    private record Session(RedisConnection connection, String run, String meet, String share) {}

    /// @param url as in redis://:password@host:6379/0
    /// @param node this life of this node, which no other has
    public RedisShares(Vertx vertx, String url, String node) {
        this(vertx, url, node, () -> null);
    }

    /// @param time in the place of the server's own, for tests; null for that
    RedisShares(Vertx vertx, String url, String node, Supplier<@Nullable Instant> time) {
        RedisOptions options = new RedisOptions().setConnectionString(url).setMaxPoolSize(2);
        options.getNetClientOptions().setConnectTimeout((int) ANSWER.toMillis());
        this.redis = Redis.createClient(vertx, options);
        this.node = node;
        this.time = time;
    }

    @Override
    public Meeting meet(int known, String claimed) {
        try {
            Session open = session();
            Response met =
                    await(
                            open.connection()
                                    .send(
                                            Request.cmd(Command.EVALSHA)
                                                    .arg(open.meet())
                                                    .arg(1)
                                                    .arg(MARKER)
                                                    .arg(open.run())
                                                    .arg(node)
                                                    .arg(now())
                                                    .arg(known)
                                                    .arg(claimed)));
            return new Meeting(
                    met.get(0).toString(), met.get(1).toInteger(), met.get(2).toInteger());
        } catch (RuntimeException e) {
            throw gone(e);
        }
    }

    @Override
    public List<ShareGrant> exchange(Meeting meeting, List<ShareClaim> claims) {
        List<ShareGrant> grants = new ArrayList<>(claims.size());
        try {
            Session open = session();
            for (int from = 0; from < claims.size(); from += BATCH) {
                List<ShareClaim> some = claims.subList(from, Math.min(from + BATCH, claims.size()));
                List<Request> requests =
                        some.stream().map(claim -> request(open, meeting, claim)).toList();
                for (Response answer : await(open.connection().batch(requests))) {
                    grants.add(grant(answer));
                }
            }
            return grants;
        } catch (RuntimeException e) {
            throw gone(e);
        }
    }

    private Request request(Session open, Meeting meeting, ShareClaim claim) {
        Long earlier = claim.earlier();
        return Request.cmd(Command.EVALSHA)
                .arg(open.share())
                .arg(2)
                .arg(MARKER)
                .arg(key(claim))
                .arg(meeting.memory())
                .arg(node)
                .arg(now())
                .arg(claim.limit())
                .arg(claim.held())
                .arg(
                        claim.leaveMillis().stream()
                                .map(String::valueOf)
                                .collect(Collectors.joining(",")))
                .arg(claim.used())
                .arg(claim.wanted())
                .arg(claim.exact() ? 1 : 0)
                .arg(kind(claim.kind()))
                .arg(claim.dayEndsMillis())
                .arg(earlier == null ? "" : Long.toString(earlier));
    }

    private static String key(ShareClaim claim) {
        return MARKER
                + ':'
                + claim.subject().scope().text()
                + ':'
                + claim.subject().id()
                + (claim.subject().model() == null ? "" : ":" + claim.subject().model().text())
                + ':'
                + claim.kind().text()
                + (claim.day() == 0 ? "" : ":" + claim.day());
    }

    private static String kind(LimitKind kind) {
        return switch (kind) {
            case CONCURRENCY -> "c";
            case RPM, TPM -> "w";
            case TPD -> "d";
        };
    }

    private static ShareGrant grant(Response answer) {
        if (answer.size() == 1) {
            throw new Unavailable("redis lost its memory during an exchange");
        }
        return new ShareGrant(
                answer.get(0).toLong(),
                answer.get(1).toLong(),
                answer.get(2).toLong(),
                answer.get(3).toLong(),
                answer.get(4).toLong(),
                answer.get(5).toLong() == 1);
    }

    private String now() {
        Instant fixed = time.get();
        return fixed == null ? "" : Long.toString(fixed.toEpochMilli());
    }

    private Session session() {
        Session open = session;
        if (open == null) {
            RedisConnection connection = await(redis.connect());
            try {
                String info =
                        await(connection.send(Request.cmd(Command.INFO).arg("server"))).toString();
                Matcher run = RUN_ID.matcher(info);
                if (!run.find()) {
                    throw new Unavailable("redis does not tell its run id");
                }
                open =
                        new Session(
                                connection,
                                run.group(1),
                                load(connection, meetScript),
                                load(connection, shareScript));
                connection.exceptionHandler(_ -> {});
                session = open;
            } catch (RuntimeException e) {
                var _ = connection.close();
                throw e;
            }
        }
        return open;
    }

    private static String load(RedisConnection connection, String script) {
        return await(connection.send(Request.cmd(Command.SCRIPT).arg("LOAD").arg(script)))
                .toString();
    }

    /// The next exchange begins with a connection of its own: behind it may be another server.
    private Unavailable gone(RuntimeException e) {
        Session open = session;
        session = null;
        if (open != null) {
            var _ = open.connection().close();
        }
        return e instanceof Unavailable unavailable
                ? unavailable
                : new Unavailable("redis: " + e.getMessage(), e);
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage()
                    .toCompletableFuture()
                    .get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new Unavailable("redis: " + e.getMessage(), e);
        } catch (TimeoutException e) {
            throw new Unavailable("redis gave no answer within " + ANSWER.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unavailable("interrupted", e);
        }
    }

    private static String script(String name) {
        try (InputStream in = RedisShares.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from the program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        redis.close();
    }
}
