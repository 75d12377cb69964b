package mooring.bench;

import org.jspecify.annotations.Nullable;

/// A client's own record of one answer: what it paid for, as far as it knows.
///
/// @param begun the answer's head came, with status 200
/// @param delivered it came whole, with its end
record Got(
        String label,
        int status,
        boolean begun,
        boolean delivered,
        String requestId,
        @Nullable Tokens usage,
        @Nullable String trouble) {

    static Got of(Order order, Answer answer) {
        return new Got(
                order.label(),
                answer.status,
                answer.status == 200 || !answer.pieces.isEmpty(),
                answer.delivered(),
                answer.requestId,
                answer.usage,
                answer.trouble);
    }
}
