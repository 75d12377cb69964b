package mooring.api.openai;

import java.util.List;
import mooring.inference.Request;

/// A body of `POST /v1/completions`, read.
///
/// @param echoes what each answer begins with, by prompt; empty when none was asked for
/// @param ignored names of what was sent and has no meaning here
record TextRequest(
        Request request,
        boolean stream,
        boolean includeUsage,
        List<String> echoes,
        List<String> ignored) {}
