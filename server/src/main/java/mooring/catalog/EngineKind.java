package mooring.catalog;

/// The software behind an address, which decides the adapter that speaks to it.
public enum EngineKind {
    /// llama.cpp's own server.
    LLAMACPP,
    /// vLLM's OpenAI-compatible server.
    VLLM,
    /// SGLang's OpenAI-compatible server.
    SGLANG,
    /// Any other OpenAI-compatible address; nothing is assumed beyond the published contract.
    OPENAI
}
