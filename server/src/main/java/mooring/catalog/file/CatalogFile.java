package mooring.catalog.file;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.catalog.AnswerProfile;
import mooring.catalog.Capability;
import mooring.catalog.Catalog;
import mooring.catalog.Hedging;
import mooring.catalog.Model;
import mooring.catalog.ParameterRules;
import mooring.catalog.ReplicaSpec;
import mooring.config.ConfigException;
import mooring.config.ConfigText;
import mooring.config.Mistakes;
import mooring.config.YamlSection;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.limits.LimitTable;
import mooring.limits.LimitTier;
import mooring.limits.Limits;
import org.jspecify.annotations.Nullable;

/// The models on offer as their operator wrote them down.
///
/// It may hold commands that this machine runs. So its text comes from a local file that only the
/// operator can write, never from the network.
///
/// @param limits the tiers, and what organizations may use of each model
/// @param hedging of the models that are hedged
/// @param warnings what was read but has no effect, a line each
public record CatalogFile(
        Catalog catalog, LimitTable limits, Map<ModelId, Hedging> hedging, List<String> warnings) {

    static final String ID_FORM = "[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}";
    static final String ID_EXPECTED =
            "1..200 letters, digits and . _ : / @ + -, a letter or digit first";

    private static final int MAX_CONTEXT_LENGTH = 10_000_000;
    private static final int DEFAULT_MAX_TOKENS = 1_024;

    public CatalogFile {
        hedging = Map.copyOf(hedging);
        warnings = List.copyOf(warnings);
    }

    /// @param reserved request fields that the gateway alone decides; a `passthrough` entry that is
    ///   one of them is left out with a warning
    /// @throws ConfigException naming every mistake with its line
    public static CatalogFile read(ConfigText text, Set<String> reserved) {
        return new Reader(text, reserved).read();
    }

    /// One reading of one file.
    private static final class Reader {
        private final ConfigText text;
        private final Set<String> reserved;
        private final Mistakes mistakes;
        private final List<String> warnings = new ArrayList<>();
        private final Set<String> ids = new HashSet<>();
        private final Map<ModelId, Limits> modelLimits = new HashMap<>();
        private final Map<ModelId, Hedging> hedging = new HashMap<>();

        Reader(ConfigText text, Set<String> reserved) {
            this.text = text;
            this.reserved = reserved;
            this.mistakes = new Mistakes(text.name());
        }

        CatalogFile read() {
            YamlSection file = YamlSection.read(text, mistakes);
            List<Model> models = new ArrayList<>();
            List<YamlSection> sections = file.sections("models");
            for (YamlSection section : sections) {
                Model model = model(section);
                if (model != null) {
                    models.add(model);
                }
            }
            if (sections.isEmpty() && file.sound()) {
                file.missing("models", "a list with at least one model");
            }
            List<LimitTier> tiers = LimitReader.tiers(file);
            file.finish();
            mistakes.throwIfAny();
            return new CatalogFile(
                    new Catalog(models), new LimitTable(tiers, modelLimits), hedging, warnings);
        }

        private @Nullable Model model(YamlSection section) {
            String id = id(section);
            String owner = section.text("owned_by", "who made the model");
            int contextLength = section.whole("context_length", 1, MAX_CONTEXT_LENGTH, 0);
            if (!section.has("context_length")) {
                section.missing("context_length", "a whole number 1.." + MAX_CONTEXT_LENGTH);
            }
            // Without a usable window the limits inside it are only checked for being numbers.
            int window = contextLength == 0 ? MAX_CONTEXT_LENGTH : contextLength;
            int maxOutput = section.whole("max_output_tokens", 1, window, window);
            int defaultMax =
                    section.whole(
                            "default_max_tokens",
                            1,
                            maxOutput,
                            Math.min(DEFAULT_MAX_TOKENS, maxOutput));
            Set<Capability> capabilities = section.choices("capabilities", Capability.class);
            Set<ServiceTier> tiers = section.choices("tiers", ServiceTier.class);
            if (!section.has("tiers")) {
                tiers = Set.of(ServiceTier.STANDARD);
            } else if (section.sound() && !tiers.contains(ServiceTier.STANDARD)) {
                section.refuse("tiers", tiers, "standard among them, since it is every caller's");
            }
            int imageTokens =
                    section.whole(
                            "image_tokens",
                            1,
                            window,
                            Math.min(Model.DEFAULT_IMAGE_TOKENS, window));
            AnswerProfile profile = section.choice("profile", AnswerProfile.class);
            ParameterRules rules = ParameterReader.read(section.section("parameters"));
            Set<String> passthrough = passthrough(section);
            Limits limits = LimitReader.ofModel(section);
            if (id != null && limits.any()) {
                modelLimits.put(new ModelId(id), limits);
            }
            Hedging hedged = HedgingReader.ofModel(section);
            if (id != null && hedged != null) {
                hedging.put(new ModelId(id), hedged);
            }
            List<ReplicaSpec> replicas = replicas(section);
            section.finish();
            return id == null || !section.sound()
                    ? null
                    : new Model(
                            new ModelId(id),
                            owner == null ? "unknown" : owner,
                            contextLength,
                            defaultMax,
                            maxOutput,
                            capabilities,
                            tiers,
                            imageTokens,
                            profile == null ? AnswerProfile.OPENAI : profile,
                            rules,
                            passthrough,
                            replicas);
        }

        private @Nullable String id(YamlSection section) {
            String id = section.text("id", ID_EXPECTED);
            if (id == null) {
                if (!section.has("id")) {
                    section.missing("id", "the model's public name");
                }
            } else if (!id.matches(ID_FORM)) {
                section.refuse("id", "\"" + id + "\"", ID_EXPECTED);
            } else if (!ids.add(id)) {
                section.refuse("id", "\"" + id + "\" a second time", "each model once");
            }
            return id;
        }

        private Set<String> passthrough(YamlSection section) {
            Set<String> fields = new LinkedHashSet<>();
            for (String field : section.texts("passthrough", "names of request fields")) {
                if (reserved.contains(field)) {
                    warnings.add(
                            mistakes.at(section.line("passthrough"))
                                    + section.path("passthrough")
                                    + ": \""
                                    + field
                                    + "\" has no effect: the gateway decides this field itself");
                } else {
                    fields.add(field);
                }
            }
            return fields;
        }

        private List<ReplicaSpec> replicas(YamlSection section) {
            List<YamlSection> sections = section.sections("replicas");
            if (sections.isEmpty() && section.sound()) {
                section.missing("replicas", "a list with at least one url or command");
            }
            List<ReplicaSpec> replicas = new ArrayList<>();
            for (YamlSection each : sections) {
                ReplicaSpec replica = ReplicaReader.read(each, text.folder());
                if (replica != null) {
                    replicas.add(replica);
                }
            }
            return replicas;
        }
    }
}
