package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/// Organizations as people name them on a command line: by id, or by a name that only one has.
final class Organizations {
    static final String PATH = "/api/v1/organizations";

    private Organizations() {}

    /// The path of the organization.
    static String path(Api management, String idOrName) {
        return PATH + "/" + Api.part(id(management, idOrName));
    }

    private static String id(Api management, String idOrName) {
        if (idOrName.isBlank()) {
            throw new MisuseException("ORG is empty (expected: an id or a name).");
        }
        if (idOrName.startsWith("org_")) {
            return idOrName;
        }
        List<String> ids = new ArrayList<>();
        for (JsonNode organization : management.list(PATH).path("data")) {
            if (organization.path("name").asText().equals(idOrName)) {
                ids.add(organization.path("id").asText());
            }
        }
        if (ids.isEmpty()) {
            throw new Refusal(
                    "No organization is named \""
                            + idOrName
                            + "\". See them with: mooring org list.");
        }
        if (ids.size() > 1) {
            throw new Refusal(
                    ids.size()
                            + " organizations are named \""
                            + idOrName
                            + "\": say which by id, "
                            + String.join(" or ", ids)
                            + ".");
        }
        return ids.getFirst();
    }
}
