package mooring.catalog;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;

/// A model as it is offered.
///
/// @param contextLength tokens of prompt and output together
/// @param defaultMaxTokens the output limit of a request that names none
/// @param maxOutputTokens the highest output limit that a request may name
/// @param tiers the service tiers that a request may ask for; always with the standard one
/// @param imageTokens the most tokens that one picture becomes
/// @param profile whose chat answers its own look like
/// @param passthrough request fields outside the dialect that reach the engine
public record Model(
        ModelId id,
        String ownedBy,
        int contextLength,
        int defaultMaxTokens,
        int maxOutputTokens,
        Set<Capability> capabilities,
        Set<ServiceTier> tiers,
        int imageTokens,
        AnswerProfile profile,
        ParameterRules parameters,
        Set<String> passthrough,
        List<ReplicaSpec> replicas) {

    /// What a picture is taken for where the catalogue says nothing: more than the models of today
    /// make of one.
    public static final int DEFAULT_IMAGE_TOKENS = 4_096;

    public Model {
        if (contextLength < 1) {
            throw new IllegalArgumentException(
                    "context_length: " + contextLength + " (expected: 1 or more)");
        }
        if (defaultMaxTokens < 1 || defaultMaxTokens > contextLength) {
            throw new IllegalArgumentException(
                    "default_max_tokens: "
                            + defaultMaxTokens
                            + " (expected: 1.."
                            + contextLength
                            + ")");
        }
        if (maxOutputTokens < 1 || maxOutputTokens > contextLength) {
            throw new IllegalArgumentException(
                    "max_output_tokens: "
                            + maxOutputTokens
                            + " (expected: 1.."
                            + contextLength
                            + ")");
        }
        if (imageTokens < 1) {
            throw new IllegalArgumentException(
                    "image_tokens: " + imageTokens + " (expected: 1 or more)");
        }
        capabilities = Set.copyOf(capabilities);
        if (!tiers.contains(ServiceTier.STANDARD)) {
            throw new IllegalArgumentException(
                    "tiers: " + tiers + " (expected: standard among them)");
        }
        tiers = Collections.unmodifiableSet(EnumSet.copyOf(tiers));
        passthrough = Set.copyOf(passthrough);
        replicas = List.copyOf(replicas);
    }

    /// A model that offers the standard tier alone.
    public Model(
            ModelId id,
            String ownedBy,
            int contextLength,
            int defaultMaxTokens,
            int maxOutputTokens,
            Set<Capability> capabilities,
            ParameterRules parameters,
            Set<String> passthrough,
            List<ReplicaSpec> replicas) {
        this(
                id,
                ownedBy,
                contextLength,
                defaultMaxTokens,
                maxOutputTokens,
                capabilities,
                Set.of(ServiceTier.STANDARD),
                DEFAULT_IMAGE_TOKENS,
                AnswerProfile.OPENAI,
                parameters,
                passthrough,
                replicas);
    }

    public boolean can(Capability capability) {
        return capabilities.contains(capability);
    }
}
