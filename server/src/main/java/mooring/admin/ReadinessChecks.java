package mooring.admin;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import mooring.accounts.KnownKeys;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.time.Clock;

/// The conditions under which this process can serve paid requests.
public final class ReadinessChecks {

    private static final int DATABASE_ANSWER_SECONDS = 1;
    private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(5);

    private ReadinessChecks() {}

    public static ReadinessCheck database(DataSource database) {
        return ReadinessCheck.of(
                "database",
                () -> {
                    try (Connection connection = database.getConnection()) {
                        return connection.isValid(DATABASE_ANSWER_SECONDS)
                                ? ReadinessCheck.PASSED
                                : new ReadinessCheck.Result.Failed(
                                        "no answer within " + DATABASE_ANSWER_SECONDS + " s");
                    } catch (SQLException e) {
                        return new ReadinessCheck.Result.Failed(
                                "cannot be reached: " + e.getMessage());
                    }
                });
    }

    /// Passes while this machine's clock and the database's agree: leases and price versions are
    /// judged by the one and by the other.
    public static ReadinessCheck clock(DataSource database, Clock clock) {
        return ReadinessCheck.of(
                "clock",
                () -> {
                    try (Connection connection = database.getConnection();
                            Statement statement = connection.createStatement();
                            ResultSet result = statement.executeQuery("SELECT clock_timestamp()")) {
                        result.next();
                        Instant theirs = result.getObject(1, OffsetDateTime.class).toInstant();
                        Duration off = Duration.between(theirs, clock.now()).abs();
                        return off.compareTo(CLOCK_TOLERANCE) <= 0
                                ? ReadinessCheck.PASSED
                                : new ReadinessCheck.Result.Failed(
                                        "this machine's clock is "
                                                + off.toSeconds()
                                                + " s off the database's (expected: at most "
                                                + CLOCK_TOLERANCE.toSeconds()
                                                + " s)");
                    } catch (SQLException e) {
                        return new ReadinessCheck.Result.Failed(
                                "the database's clock cannot be read: " + e.getMessage());
                    }
                });
    }

    /// Passes when every model of the catalogue has a replica that takes work.
    public static ReadinessCheck replicas(Catalog catalog, Replicas replicas) {
        return ReadinessCheck.of(
                "replicas",
                () -> {
                    List<String> missing = new ArrayList<>();
                    for (Model model : catalog.models()) {
                        List<Replica> ofModel = replicas.of(model.id());
                        if (ofModel.stream().noneMatch(Replica::ready)) {
                            missing.add(model.id() + " (" + states(ofModel) + ")");
                        }
                    }
                    return missing.isEmpty()
                            ? ReadinessCheck.PASSED
                            : new ReadinessCheck.Result.Failed(
                                    "no replica ready of " + String.join(", ", missing));
                });
    }

    public static ReadinessCheck keys(KnownKeys keys) {
        return ReadinessCheck.of(
                "keys",
                () ->
                        keys.current()
                                ? ReadinessCheck.PASSED
                                : new ReadinessCheck.Result.Failed(
                                        "the known keys are too old to admit by"));
    }

    public static ReadinessCheck notDraining(BooleanSupplier draining) {
        return ReadinessCheck.of(
                "not_draining",
                () ->
                        draining.getAsBoolean()
                                ? new ReadinessCheck.Result.Failed("this process is about to stop")
                                : ReadinessCheck.PASSED);
    }

    private static String states(List<Replica> replicas) {
        if (replicas.isEmpty()) {
            return "none configured";
        }
        return String.join(", ", replicas.stream().map(ReadinessChecks::state).toList());
    }

    private static String state(Replica replica) {
        return switch (replica.state()) {
            case Replica.State.Starting _ -> replica.id() + " starting";
            case Replica.State.Ready _ -> replica.id() + " ready";
            case Replica.State.Down(String reason) -> replica.id() + " down: " + reason;
        };
    }
}
