package mooring.catalog;

/// Whose answers a model's look like, where vendors' chat completions differ. Clients written for a
/// vendor's own API find there what they read; those written for OpenAI's find it too.
public enum AnswerProfile {
    /// OpenAI's own.
    OPENAI,

    /// As Moonshot's platform answers for Kimi: `cached_tokens` beside the counts of `usage`, the
    /// usage of a stream also in the choice of its last chunk, asked for or not, and reasoning
    /// under `reasoning_content` alone.
    MOONSHOT
}
