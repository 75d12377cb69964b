package mooring.gateway;

import mooring.admission.Admitted;

/// Prompts that are not kept a moment longer than an engine may need them.
final class LargePrompts {

    /// Bodies up to here do not count in the memory that large ones share.
    private static final long LARGE_BYTES = 64 * 1024;

    private LargePrompts() {}

    /// For who needs no prompt at all.
    static Admitted without(Admitted admitted) {
        return large(admitted) ? admitted.withoutPrompt() : admitted;
    }

    static boolean large(Admitted admitted) {
        return admitted.request().promptBytes() > LARGE_BYTES;
    }
}
