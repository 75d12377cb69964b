package mooring.catalog.file;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mooring.config.YamlSection;
import mooring.limits.LimitTier;
import mooring.limits.Limits;
import org.jspecify.annotations.Nullable;

/// Reads the ladder of tiers, and the limits of a tier or a model.
final class LimitReader {

    private static final int MAX_LIMIT = 2_000_000_000;
    private static final int MAX_TIERS = 100;
    private static final String NAME_FORM = "[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}";
    private static final String NAME_EXPECTED =
            "1..63 letters, digits, _ and -, a letter or digit first";
    private static final String RECHARGE_EXPECTED = "a decimal in quotes such as \"10.00\"";
    private static final int NANO_DIGITS = 9;

    private LimitReader() {}

    /// The tiers of a file, by rising recharge.
    static List<LimitTier> tiers(YamlSection file) {
        List<LimitTier> tiers = new ArrayList<>();
        Set<String> names = new HashSet<>();
        List<YamlSection> sections = file.sections("limit_tiers");
        if (sections.size() > MAX_TIERS) {
            file.refuse("limit_tiers", sections.size() + " tiers", "at most " + MAX_TIERS);
        }
        long least = 0;
        for (YamlSection section : sections) {
            String name = name(section, names);
            Long recharge = recharge(section);
            if (recharge != null) {
                if (tiers.isEmpty() && recharge != 0) {
                    section.refuse("recharge", shown(section), "\"0\" first");
                } else if (!tiers.isEmpty() && recharge <= least) {
                    section.refuse("recharge", shown(section), "more than that of the tier before");
                }
                least = recharge;
            }
            Limits limits = limits(section);
            section.finish();
            if (name != null && recharge != null && section.sound()) {
                tiers.add(new LimitTier(name, recharge, limits));
            }
        }
        return tiers;
    }

    private static String shown(YamlSection section) {
        return "\"" + section.text("recharge", RECHARGE_EXPECTED) + "\"";
    }

    /// What a model's section limits each organization to.
    static Limits ofModel(YamlSection model) {
        YamlSection section = model.section("limits");
        Limits limits = limits(section);
        section.finish();
        return limits;
    }

    private static Limits limits(YamlSection section) {
        return new Limits(
                limit(section, "concurrency"),
                limit(section, "rpm"),
                limit(section, "tpm"),
                limit(section, "tpd"));
    }

    private static long limit(YamlSection section, String name) {
        int limit = section.whole(name, 1, MAX_LIMIT, 0);
        return limit == 0 ? Limits.NONE : limit;
    }

    private static @Nullable String name(YamlSection section, Set<String> names) {
        String name = section.text("name", NAME_EXPECTED);
        if (name == null) {
            if (!section.has("name")) {
                section.missing("name", NAME_EXPECTED);
            }
        } else if (!name.matches(NAME_FORM)) {
            section.refuse("name", "\"" + name + "\"", NAME_EXPECTED);
        } else if (!names.add(name)) {
            section.refuse("name", "\"" + name + "\" a second time", "each tier once");
        }
        return name;
    }

    private static @Nullable Long recharge(YamlSection section) {
        String text = section.text("recharge", RECHARGE_EXPECTED);
        if (text == null) {
            if (!section.has("recharge")) {
                section.missing("recharge", RECHARGE_EXPECTED);
            }
            return null;
        }
        if (!text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
            section.refuse("recharge", "\"" + text + "\"", RECHARGE_EXPECTED);
            return null;
        }
        return new BigDecimal(text).movePointRight(NANO_DIGITS).longValueExact();
    }
}
