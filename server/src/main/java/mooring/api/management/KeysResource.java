package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.accounts.ApiKey;
import mooring.accounts.ApiKeys;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// API keys: created once with their secret, then only named.
final class KeysResource {

    private final ApiKeys keys;
    private final OrganizationsResource organizations;
    private final IdempotentWrites writes;

    KeysResource(ApiKeys keys, OrganizationsResource organizations, IdempotentWrites writes) {
        this.keys = keys;
        this.organizations = organizations;
        this.writes = writes;
    }

    Answer create(Call call) {
        OrganizationId organization = organizations.existing(call.organization()).id();
        String name = call.requiredText("name");
        ProjectId project = call.bodyId("project_id", ProjectId::parse);
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () -> {
                    ApiKeys.Created created = keys.create(organization, project, name);
                    ObjectNode once = form(created.key()).put("secret", created.secret().reveal());
                    return new Answer(201, once, form(created.key()));
                });
    }

    Answer list(Call call) {
        OrganizationId organization = organizations.existing(call.organization()).id();
        int limit = call.limit();
        return Answer.ok(
                Shapes.page(
                        keys.list(organization, call.cursor(KeyId::parse), limit + 1),
                        limit,
                        KeysResource::form,
                        ApiKey::id));
    }

    Answer revoke(Call call) {
        KeyId id = call.key();
        return writes.once(
                call.idempotencyKey(), call.fingerprint(), () -> Answer.ok(form(revoked(id))));
    }

    private ApiKey revoked(KeyId id) {
        return keys.revoke(id)
                .orElseThrow(
                        () ->
                                new ProblemException(
                                        new Problem.NotFound(
                                                "key_id: "
                                                        + id
                                                        + " does not exist (expected: an id from"
                                                        + " GET /api/v1/organizations/ID/keys)")));
    }

    private static ObjectNode form(ApiKey key) {
        return Shapes.object()
                .put("id", key.id().toString())
                .put("organization_id", key.organization().toString())
                .put("project_id", key.project().toString())
                .put("name", key.name())
                .put("prefix", key.prefix())
                .put("created_at", key.createdAt().toString())
                .put("revoked_at", Shapes.instant(key.revokedAt()))
                .put("last_used_at", Shapes.instant(key.lastUsedAt()));
    }
}
