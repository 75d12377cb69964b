package mooring.accounts.store;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import mooring.ids.OrganizationId;
import mooring.inference.CacheScope;

/// Cache scopes as a keyed hash of the organization: the same on every node that has the secret,
/// and to be made up by nobody who has not.
final class CacheScopes {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int CHARS = 32;

    private final SecretKeySpec secret;

    CacheScopes(byte[] secret) {
        this.secret = new SecretKeySpec(secret, ALGORITHM);
    }

    CacheScope of(OrganizationId organization) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            ByteBuffer id = ByteBuffer.allocate(Long.BYTES * 2);
            id.putLong(organization.uuid().getMostSignificantBits());
            id.putLong(organization.uuid().getLeastSignificantBits());
            byte[] hash = mac.doFinal(id.array());
            return new CacheScope(HexFormat.of().formatHex(hash).substring(0, CHARS));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }
}
