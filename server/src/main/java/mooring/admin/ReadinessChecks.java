package mooring.admin;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import mooring.accounts.KnownKeys;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;

/// The conditions under which this process can serve paid requests.
public final class ReadinessChecks {

    private static final int DATABASE_ANSWER_SECONDS = 1;

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
