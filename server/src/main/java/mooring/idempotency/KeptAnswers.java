package mooring.idempotency;

import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Collection;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;

/// The answers on record that callers may ask for again, over all nodes. Blocking: for virtual
/// threads, never for an event loop.
public interface KeptAnswers {

    /// The largest answer that is kept.
    int MAX_BYTES = 4 * 1024 * 1024;

    /// How long an answer is kept, from when it was asked for.
    Duration KEPT_FOR = Duration.ofHours(24);

    /// How long a claim lasts that its node does not renew.
    Duration CLAIM = Duration.ofSeconds(30);

    /// What was asked, by whom, under which key.
    ///
    /// @param keyHash SHA-256 of the caller's key
    /// @param fingerprint SHA-256 of everything that makes the question
    record Question(
            OrganizationId organization, ProjectId project, Digest keyHash, Digest fingerprint) {}

    /// An answer as it was sent.
    record Answer(RequestId request, String contentType, Buffer body) {}

    /// What is known of a question.
    sealed interface Known {

        /// Nothing: it is the asking request's to answer, and nobody else's.
        record Claimed() implements Known {}

        record Kept(Answer answer) implements Known {}

        /// Another request is answering it at this moment, or its node died and its charge may
        /// still come.
        record Running(RequestId request) implements Known {}

        /// The key was used for another question.
        record Other() implements Known {}

        /// It was answered and charged, and the answer is not here.
        record NotKept(RequestId request, boolean tooLarge) implements Known {}
    }

    /// Looks, and claims what nobody has answered; of many at once exactly one gets the claim.
    Known claim(Question question, RequestId request);

    /// Says that these requests still run here.
    void renew(Collection<RequestId> requests);

    /// Keeps the answer of the request that has the claim.
    void keep(Question question, Answer answer);

    /// The answer was given and is not kept.
    void doNotKeep(Question question, RequestId request, boolean tooLarge);

    /// The request cost nothing: the next one with the key begins anew.
    void release(Question question, RequestId request);
}
