package mooring.ledger;

import java.sql.SQLException;
import mooring.testing.TestDatabase;
import org.jdbi.v3.core.Jdbi;

/// A database that a test can put out of reach and bring back.
public final class SwitchableStore {

    private volatile boolean down;
    private final Jdbi jdbi;

    public SwitchableStore(TestDatabase database) {
        this.jdbi =
                Jdbi.create(
                        () -> {
                            if (down) {
                                throw new SQLException("out of reach", "08006");
                            }
                            return database.database().dataSource().getConnection();
                        });
    }

    public Jdbi jdbi() {
        return jdbi;
    }

    public void down(boolean value) {
        down = value;
    }
}
