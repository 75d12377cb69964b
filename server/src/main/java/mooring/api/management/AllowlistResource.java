package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.json.JsonArray;
import java.util.ArrayList;
import java.util.List;
import mooring.accounts.Allowlists;
import mooring.accounts.Network;
import mooring.accounts.Organization;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// From which networks an organization's keys may be used.
final class AllowlistResource {

    private final Allowlists allowlists;
    private final OrganizationsResource organizations;

    AllowlistResource(Allowlists allowlists, OrganizationsResource organizations) {
        this.allowlists = allowlists;
        this.organizations = organizations;
    }

    Answer read(Call call) {
        return Answer.ok(form(organizations.existing(call.organization())));
    }

    /// Putting the same twice is the same as once.
    Answer replace(Call call) {
        Organization organization = organizations.existing(call.organization());
        List<Network> networks = new ArrayList<>();
        JsonArray given = call.body().getJsonArray("networks");
        for (int i = 0; i < given.size(); i++) {
            String text = given.getString(i);
            Network network = Network.parse(text);
            if (network == null) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                "networks[" + i + "]", SchemaText.shown(text), Network.FORM));
            }
            networks.add(network);
        }
        allowlists.set(organization.id(), networks);
        return Answer.ok(form(organization));
    }

    private ObjectNode form(Organization organization) {
        ObjectNode form = Shapes.object().put("organization_id", organization.id().toString());
        ArrayNode networks = form.putArray("networks");
        allowlists
                .of(organization.id())
                .orElse(List.of())
                .forEach(network -> networks.add(network.toString()));
        return form;
    }
}
