package mooring.ledger.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import mooring.json.Json;
import mooring.ledger.Budget;
import mooring.ledger.BudgetAlert;
import mooring.sql.Outbox;
import org.jdbi.v3.core.Handle;

/// Alerts as events in the outbox, under `budget.threshold_reached`.
public final class OutboxAlerts implements Alerts {

    @Override
    public void raise(Handle handle, BudgetAlert alert, Instant at) {
        Budget budget = alert.budget();
        ObjectNode payload = Json.MAPPER.createObjectNode();
        payload.put("budget", budget.id().toString());
        payload.put("organization", budget.organization().toString());
        payload.put("scope", budget.subject().scope().text());
        payload.put("subject", budget.subject().id());
        payload.put("period", BudgetRows.text(budget.period()));
        payload.put("starts_on", alert.period().startsOn().toString());
        payload.put("resets_at", alert.period().to().toString());
        payload.put("threshold", alert.threshold());
        payload.put("limit", budget.limit().text());
        payload.put("spent", alert.spent().text());
        payload.put("currency", budget.limit().currency().code());
        Outbox.add(
                handle, "budget.threshold_reached", budget.id().toString(), payload.toString(), at);
    }
}
