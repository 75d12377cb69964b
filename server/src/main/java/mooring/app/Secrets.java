package mooring.app;

import java.security.SecureRandom;
import java.util.UUID;
import mooring.accounts.KeyHash;
import mooring.accounts.KeySecret;
import mooring.crypto.MasterKey;
import org.jspecify.annotations.Nullable;

/// What this instance keeps to itself, each in a file of the data folder that only its owner reads.
///
/// @param operatorKey the hash of the key that management demands
/// @param masterKey of which all other keys are derived; in no backup
/// @param nodeId this node's stable name among several
record Secrets(KeyHash operatorKey, MasterKey masterKey, String nodeId) {

    private static final String MASTER_KEY = "master.key";

    /// What cache scopes are keyed with.
    byte[] scopeSecret() {
        return masterKey.derive("cache scopes");
    }

    static Secrets of(DataFolder folder, @Nullable String nodeId) {
        String operator =
                folder.secret(
                        "operator-key",
                        () ->
                                KeySecret.generate(KeySecret.OPERATOR_PREFIX, new SecureRandom())
                                        .reveal());
        String node =
                nodeId == null
                        ? folder.secret(
                                "node-id",
                                () -> "node-" + UUID.randomUUID().toString().substring(0, 8))
                        : nodeId;
        return new Secrets(KeyHash.of(operator), masterKey(folder), node);
    }

    /// @throws StartException when the folder's master key is no key
    static MasterKey masterKey(DataFolder folder) {
        String text = folder.secret(MASTER_KEY, DataFolder::randomHex);
        try {
            return MasterKey.parse(text);
        } catch (IllegalArgumentException e) {
            throw new StartException(
                    folder.resolve(MASTER_KEY)
                            + ": "
                            + e.getMessage()
                            + "; put the right file there, or remove it to begin with a new key",
                    e);
        }
    }
}
