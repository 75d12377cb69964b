package mooring.metering.store;

import java.util.List;
import mooring.metering.Acceptance;
import mooring.metering.Release;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;

/// Requests that ended with nothing charged.
final class ReleasedRows {

    private ReleasedRows() {}

    /// Inserts what is not there yet.
    static void insert(Handle handle, List<Release> rows) {
        if (rows.isEmpty()) {
            return;
        }
        handle.createUpdate(
                        """
                        INSERT INTO released_request (day, request_id, organization_id, project_id,
                            api_key_id, wallet_id, model, tier, client_request_id, admitted_at,
                            finished_at, streamed, problem, replica, attempts, timeline, node_id,
                            epoch)
                        SELECT r.day, r.request_id, r.organization_id,
                            r.project_id, r.api_key_id, r.wallet_id, r.model, r.tier,
                            r.client_request_id, r.admitted_at, r.finished_at, r.streamed,
                            r.problem, r.replica, r.attempts, (:timelines)[6 * r.n - 5 : 6 * r.n],
                            r.node_id, r.epoch
                        FROM unnest(:day, :request, :organization, :project, :key, :wallet, :model,
                                :tier, :client, :admitted, :finished, :streamed, :problem,
                                :replica, :attempts, :node, :epoch) WITH ORDINALITY
                            AS r (day, request_id, organization_id, project_id, api_key_id, wallet_id,
                                model, tier, client_request_id, admitted_at, finished_at, streamed,
                                problem, replica, attempts, node_id, epoch, n)
                        ON CONFLICT DO NOTHING
                        """)
                .bind("request", SqlArrays.column("uuid", rows, r -> r.id().uuid()))
                .bind(
                        "organization",
                        SqlArrays.column("uuid", rows, r -> of(r).organization().uuid()))
                .bind("project", SqlArrays.column("uuid", rows, r -> of(r).project().uuid()))
                .bind("key", SqlArrays.column("uuid", rows, r -> of(r).key().uuid()))
                .bind("wallet", SqlArrays.column("uuid", rows, r -> of(r).hold().wallet().uuid()))
                .bind("model", SqlArrays.column("text", rows, r -> of(r).model().text()))
                .bind("tier", SqlArrays.column("text", rows, r -> RowText.tier(of(r).tier())))
                .bind("client", SqlArrays.column("text", rows, r -> of(r).clientRequestId()))
                .bind("admitted", SqlArrays.column("timestamptz", rows, r -> of(r).admittedAt()))
                .bind("finished", SqlArrays.column("timestamptz", rows, Release::finishedAt))
                .bind("streamed", SqlArrays.column("bool", rows, r -> of(r).streamed()))
                .bind("problem", SqlArrays.column("text", rows, Release::problem))
                .bind("replica", SqlArrays.column("text", rows, r -> r.served().replica()))
                .bind("attempts", SqlArrays.column("int2", rows, r -> r.served().attempts()))
                .bind("timelines", RowText.timelines(rows, Release::served))
                .bind("day", SqlArrays.column("date", rows, r -> RowText.day(r.id())))
                .bind("node", SqlArrays.column("text", rows, r -> of(r).node().node()))
                .bind("epoch", SqlArrays.column("int8", rows, r -> of(r).node().epoch()))
                .execute();
    }

    private static Acceptance of(Release release) {
        return release.accepted();
    }
}
