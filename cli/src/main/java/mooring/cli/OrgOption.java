package mooring.cli;

import picocli.CommandLine.Option;

/// The organization that a command is about.
final class OrgOption {
    @Option(
            names = "--org",
            required = true,
            paramLabel = "ORG",
            description = "The organization, by id or exact name.")
    private String organization = "";

    /// Where the API has it.
    ///
    /// @throws Refusal when no organization, or more than one, has that name
    String path(Api api) {
        return Organizations.path(api, organization);
    }
}
