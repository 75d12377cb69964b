package mooring.routing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import mooring.inference.CacheScope;
import mooring.replicas.Replica;

/// What requests have in common whose prompts begin alike: they do well at one replica, which has
/// that beginning in its cache.
///
/// Keys of two organizations never meet: the hash begins with the organization's cache scope, which
/// nobody outside can make up.
public record Affinity(long hash) {

    private static final String ALGORITHM = "SHA-256";

    /// @param key the caller's word for it
    public static Affinity of(CacheScope scope, String key) {
        try {
            MessageDigest digest = MessageDigest.getInstance(ALGORITHM);
            digest.update(scope.token().getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            byte[] hash = digest.digest(key.getBytes(StandardCharsets.UTF_8));
            return new Affinity(ByteBuffer.wrap(hash).getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    /// How much it draws to a replica: the highest wins, and of the others none changes when one
    /// comes or goes.
    long pull(Replica replica) {
        long mixed = hash ^ (replica.id().hashCode() * 0x9E3779B97F4A7C15L);
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
