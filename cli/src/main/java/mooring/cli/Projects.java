package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;

/// Projects as people name them on a command line: by id, or by their name, which only one of an
/// organization has.
final class Projects {

    private Projects() {}

    /// @param organizationPath the path of the organization
    static String id(Api management, String organizationPath, String idOrName) {
        if (idOrName.startsWith("proj_")) {
            return idOrName;
        }
        for (JsonNode project : management.list(organizationPath + "/projects").path("data")) {
            if (project.path("name").asText().equals(idOrName)) {
                return project.path("id").asText();
            }
        }
        throw new Refusal(
                "No project is named \""
                        + idOrName
                        + "\" there. See them with: mooring project list --org ORG.");
    }
}
