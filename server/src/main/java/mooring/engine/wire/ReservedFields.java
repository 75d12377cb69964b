package mooring.engine.wire;

import java.util.Set;

/// Request fields that only the gateway decides, under every name that some engine reads.
///
/// Through one of these a caller could outrun the output limit, reach another tenant's cache or
/// slot, jump the queue, or replace what the engine was started with. None is ever copied from a
/// request, whatever a catalogue lists.
public final class ReservedFields {

    private static final Set<String> NAMES =
            Set.of(
                    // Output limits and how many answers.
                    "max_tokens",
                    "max_completion_tokens",
                    "max_new_tokens",
                    "max_output_tokens",
                    "n_predict",
                    "max_length",
                    "min_tokens",
                    "min_new_tokens",
                    "n",
                    "best_of",
                    "use_beam_search",
                    "beam_width",
                    "t_max_predict_ms",
                    "t_max_prompt_ms",
                    "n_cmpl",
                    "ignore_eos",
                    // What is asked, and of whom.
                    "model",
                    "messages",
                    "prompt",
                    "prompt_token_ids",
                    "input_ids",
                    "input_embeds",
                    "prompt_embeds",
                    "stream",
                    "stream_options",
                    "return_progress",
                    "timings_per_token",
                    "response_fields",
                    "return_tokens",
                    "return_token_ids",
                    "verbose",
                    "sse_ping_interval",
                    "echo",
                    "rid",
                    "request_id",
                    "user",
                    // Order of service.
                    "priority",
                    "service_tier",
                    // Caches, slots, adapters.
                    "cache_prompt",
                    "cache_salt",
                    "extra_key",
                    "id_slot",
                    "slot_id",
                    "n_keep",
                    "n_discard",
                    "n_cache_reuse",
                    "truncate_prompt_tokens",
                    "session_params",
                    "kv_transfer_params",
                    "bootstrap_host",
                    "bootstrap_port",
                    "bootstrap_room",
                    "data_parallel_rank",
                    "lora",
                    "lora_path",
                    "lora_request",
                    "speculative",
                    // Templates and parsing.
                    "chat_template",
                    "chat_template_kwargs",
                    "template",
                    "chat_format",
                    "generation_prompt",
                    "prefill_assistant",
                    "documents",
                    "add_generation_prompt",
                    "continue_final_message",
                    "add_special_tokens",
                    "include_reasoning",
                    "reasoning_format",
                    "separate_reasoning",
                    "stream_reasoning",
                    "parse_tool_calls",
                    "custom_logit_processor",
                    "logits_processors",
                    "vllm_xargs");

    private ReservedFields() {}

    public static boolean contains(String field) {
        return NAMES.contains(field);
    }

    public static Set<String> names() {
        return NAMES;
    }
}
