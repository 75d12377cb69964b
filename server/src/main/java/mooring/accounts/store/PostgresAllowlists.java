package mooring.accounts.store;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import mooring.accounts.Allowlists;
import mooring.accounts.Network;
import mooring.ids.OrganizationId;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// Allowlists in PostgreSQL, with the organization.
public final class PostgresAllowlists implements Allowlists {

    private final Jdbi jdbi;

    public PostgresAllowlists(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    @Override
    public Optional<List<Network>> of(OrganizationId organization) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "SELECT allowed_networks FROM organization WHERE id = :id")
                                .bind("id", organization.uuid())
                                .mapTo(String[].class)
                                .findOne()
                                .map(PostgresAllowlists::networks));
    }

    @Override
    public void set(OrganizationId organization, List<Network> networks) {
        jdbi.useTransaction(
                handle -> {
                    // The count of versions first, as every change does that counts.
                    handle.createQuery("SELECT version FROM key_version FOR UPDATE")
                            .mapTo(Long.class)
                            .one();
                    handle.createUpdate(
                                    """
                                    UPDATE organization SET allowed_networks = :networks
                                    WHERE id = :id
                                    """)
                            .bindArray(
                                    "networks",
                                    String.class,
                                    networks.stream().map(Network::toString).toList())
                            .bind("id", organization.uuid())
                            .execute();
                });
    }

    /// Of organizations that changed after a version; 0 tells of all.
    static Map<OrganizationId, List<Network>> since(Handle handle, long version) {
        Map<OrganizationId, List<Network>> changed = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT id, allowed_networks FROM organization
                        WHERE limit_version > :version
                        """)
                .bind("version", version)
                .map(
                        (row, _) ->
                                changed.put(
                                        new OrganizationId(row.getObject("id", UUID.class)),
                                        networks(
                                                (String[])
                                                        row.getArray("allowed_networks")
                                                                .getArray())))
                .list();
        return changed;
    }

    private static List<Network> networks(String[] texts) {
        return Arrays.stream(texts).map(Network::parse).filter(Objects::nonNull).toList();
    }
}
