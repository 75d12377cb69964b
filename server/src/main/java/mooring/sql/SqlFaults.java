package mooring.sql;

import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;
import org.jdbi.v3.core.ConnectionException;
import org.jspecify.annotations.Nullable;

/// Tells faults that pass by themselves from those that the same statement meets again.
public final class SqlFaults {

    /// No chain of causes in use is longer; a cycle ends here too.
    private static final int MAX_CAUSES = 20;

    private SqlFaults() {}

    /// Whether trying again can help: connection lost or refused, server stopping or out of room,
    /// deadlock, lock or statement timeout.
    public static boolean transientFault(Throwable fault) {
        if (fault instanceof ConnectionException) {
            return true;
        }
        SQLException sql = sqlException(fault);
        if (sql == null) {
            return false;
        }
        if (sql instanceof SQLTransientException || sql instanceof SQLRecoverableException) {
            return true;
        }
        String state = sql.getSQLState();
        if (state == null || state.length() < 2) {
            return false;
        }
        return switch (state.substring(0, 2)) {
            // Connection, transaction rollback, resources, operator, system error, read-only after
            // a failover.
            case "08", "40", "53", "57", "58", "25" -> true;
            default -> state.equals("55P03");
        };
    }

    /// The SQLSTATE of the first SQL fault in the chain of causes, null when there is none.
    public static @Nullable String state(Throwable fault) {
        SQLException sql = sqlException(fault);
        return sql == null ? null : sql.getSQLState();
    }

    private static @Nullable SQLException sqlException(Throwable fault) {
        Throwable cause = fault;
        for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
            if (cause instanceof SQLException sql) {
                return sql;
            }
            cause = cause.getCause();
        }
        return null;
    }
}
