package mooring.crypto.store;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import mooring.crypto.MasterKey;
import mooring.crypto.StoredSecrets;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;

/// Secrets sealed with the instance's master key, so that the tables and their backups hold none.
public final class PostgresStoredSecrets implements StoredSecrets {

    private final Jdbi jdbi;
    private final MasterKey key;
    private final Clock clock;

    public PostgresStoredSecrets(Jdbi jdbi, MasterKey key, Clock clock) {
        this.jdbi = jdbi;
        this.key = key;
        this.clock = clock;
    }

    @Override
    public void put(String place, byte[] secret) {
        byte[] envelope = key.seal(place, secret);
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        INSERT INTO sealed_secret (place, envelope, written_at)
                                        VALUES (:place, :envelope, :at)
                                        ON CONFLICT (place) DO UPDATE SET
                                            envelope = excluded.envelope,
                                            written_at = excluded.written_at
                                        """)
                                .bindMap(
                                        Map.of(
                                                "place", place,
                                                "envelope", envelope,
                                                "at", clock.now()))
                                .execute());
    }

    @Override
    public Optional<byte[]> get(String place) {
        return jdbi.withHandle(
                        handle ->
                                handle.createQuery(
                                                "SELECT envelope FROM sealed_secret"
                                                        + " WHERE place = :place")
                                        .bind("place", place)
                                        .mapTo(byte[].class)
                                        .findOne())
                .map(envelope -> key.open(place, envelope));
    }

    @Override
    public void remove(String place) {
        jdbi.useHandle(
                handle ->
                        handle.createUpdate("DELETE FROM sealed_secret WHERE place = :place")
                                .bind("place", place)
                                .execute());
    }

    @Override
    public List<String> unreadable() {
        // The envelope's second to ninth byte name its key; the form is checked when it is opened.
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT place FROM sealed_secret
                                        WHERE encode(substring(envelope FROM 2 FOR 8), 'hex')
                                            <> :id
                                        ORDER BY place
                                        """)
                                .bind("id", key.id())
                                .mapTo(String.class)
                                .list());
    }
}
