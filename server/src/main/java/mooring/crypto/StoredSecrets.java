package mooring.crypto;

import java.util.List;
import java.util.Optional;

/// Secrets kept in the database, sealed, each at a place of its own. Blocking.
public interface StoredSecrets {

    /// Keeps a secret in the place of what was there.
    ///
    /// @param place what it is for, such as `webhook/whk_…`
    void put(String place, byte[] secret);

    /// @throws UnsealException when it is there and does not open with the key of this instance
    Optional<byte[]> get(String place);

    void remove(String place);

    /// The places whose secrets another key sealed: after a restore under another master key they
    /// have to be entered again.
    List<String> unreadable();
}
