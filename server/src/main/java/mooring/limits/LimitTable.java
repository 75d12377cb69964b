package mooring.limits;

import java.util.List;
import java.util.Map;
import mooring.inference.ModelId;
import org.jspecify.annotations.Nullable;

/// The operator's limits, as the catalogue has them: the ladder of tiers, and what an organization
/// may use of each model.
///
/// @param tiers by rising recharge, the first from 0 on; none where nothing is limited
/// @param models of those that are limited by themselves
public record LimitTable(List<LimitTier> tiers, Map<ModelId, Limits> models) {

    /// Nothing is limited.
    public static final LimitTable NONE = new LimitTable(List.of(), Map.of());

    public LimitTable {
        tiers = List.copyOf(tiers);
        models = Map.copyOf(models);
        for (int i = 0; i < tiers.size(); i++) {
            long least = i == 0 ? 0 : tiers.get(i - 1).rechargeNanos() + 1;
            long recharge = tiers.get(i).rechargeNanos();
            if (i == 0 ? recharge != 0 : recharge < least) {
                throw new IllegalArgumentException(
                        "tiers: \""
                                + tiers.get(i).name()
                                + "\" from "
                                + recharge
                                + " nanos (expected: the first from 0, each higher than the one"
                                + " before)");
            }
        }
    }

    /// Whether nobody is limited by it.
    public boolean unlimited() {
        return tiers.isEmpty() && models.isEmpty();
    }

    /// The tier that an organization has: the one that it was given, else the highest that it has
    /// paid for. Null without tiers.
    public @Nullable LimitTier tier(LimitStanding standing) {
        String given = standing.tier();
        LimitTier reached = null;
        for (LimitTier tier : tiers) {
            if (tier.name().equals(given)) {
                return tier;
            }
            if (tier.rechargeNanos() <= standing.rechargedNanos() || reached == null) {
                reached = tier;
            }
        }
        return reached;
    }

    /// The tier of a name; null when there is none.
    public @Nullable LimitTier tier(String name) {
        for (LimitTier tier : tiers) {
            if (tier.name().equals(name)) {
                return tier;
            }
        }
        return null;
    }

    /// What an organization may use in all.
    public Limits ofOrganization(LimitStanding standing, Subject organization) {
        LimitTier tier = tier(standing);
        return (tier == null ? Limits.UNLIMITED : tier.limits()).with(standing.own(organization));
    }

    /// What an organization may use of one model.
    public Limits ofModel(LimitStanding standing, Subject model) {
        Limits all =
                model.model() == null
                        ? Limits.UNLIMITED
                        : models.getOrDefault(model.model(), Limits.UNLIMITED);
        return all.with(standing.own(model));
    }
}
