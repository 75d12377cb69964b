package mooring.engine.llamacpp;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/// Ids of tool calls: unique within a conversation, and no secret.
final class CallIds {

    private static final int BYTES = 12;

    private CallIds() {}

    static String next() {
        byte[] id = new byte[BYTES];
        ThreadLocalRandom.current().nextBytes(id);
        return "call_" + HexFormat.of().formatHex(id);
    }
}
