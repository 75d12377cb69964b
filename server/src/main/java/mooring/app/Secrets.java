package mooring.app;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.UUID;
import mooring.accounts.KeyHash;
import mooring.accounts.KeySecret;
import org.jspecify.annotations.Nullable;

/// What this instance keeps to itself, each in a file of the data folder that only its owner reads.
///
/// @param operatorKey the hash of the key that management demands
/// @param scopeKey what cache scopes are keyed with
/// @param nodeId this node's stable name among several
record Secrets(KeyHash operatorKey, String scopeKey, String nodeId) {

    byte[] scopeSecret() {
        return scopeKey.getBytes(StandardCharsets.US_ASCII);
    }

    static Secrets of(DataFolder folder, @Nullable String nodeId) {
        String operator =
                folder.secret(
                        "operator-key",
                        () ->
                                KeySecret.generate(KeySecret.OPERATOR_PREFIX, new SecureRandom())
                                        .reveal());
        String master = folder.secret("master.key", DataFolder::randomHex);
        String node =
                nodeId == null
                        ? folder.secret(
                                "node-id",
                                () -> "node-" + UUID.randomUUID().toString().substring(0, 8))
                        : nodeId;
        return new Secrets(KeyHash.of(operator), master, node);
    }
}
