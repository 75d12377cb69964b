package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A call that moves money: under one idempotency key however often it is sent, which is told where
/// the answer was lost.
final class MoneyWrite {

    private MoneyWrite() {}

    /// @param key chosen by the caller; null for a new one
    static ObjectNode send(Api api, String path, ObjectNode body, @Nullable String key) {
        if (key != null && !key.matches("[!-~]{1,255}")) {
            throw new MisuseException(
                    "--idempotency-key: "
                            + key
                            + " (expected: 1 to 255 visible ASCII characters).");
        }
        String used = key != null ? key : UUID.randomUUID().toString();
        try {
            return api.write(path, body, used);
        } catch (LostAnswer e) {
            throw new Refusal(
                    e.getMessage()
                            + " The money may have been moved: repeat safely with"
                            + " --idempotency-key "
                            + used
                            + ".",
                    e);
        }
    }
}
