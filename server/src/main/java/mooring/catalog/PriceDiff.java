package mooring.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.TokenClass;
import mooring.money.Currency;
import org.jspecify.annotations.Nullable;

/// How a list's prices would differ from those of a published version.
///
/// Bands are compared by what a prompt costs, not by how they are cut: a new band shows as a change
/// from what its prompts cost before.
///
/// @param before the currency until now, null when the list is new
public record PriceDiff(
        String list, @Nullable Currency before, Currency after, List<PriceChange> changes) {

    public PriceDiff {
        changes = List.copyOf(changes);
    }

    public static PriceDiff between(@Nullable PriceVersion current, PriceDraft draft) {
        List<PriceChange> changes = new ArrayList<>();
        TreeSet<String> ids = new TreeSet<>();
        draft.prices().keySet().forEach(id -> ids.add(id.text()));
        if (current != null) {
            current.prices().keySet().forEach(id -> ids.add(id.text()));
        }
        for (String text : ids) {
            ModelId id = new ModelId(text);
            compare(
                    id,
                    current == null ? null : current.price(id),
                    draft.prices().get(id),
                    changes);
        }
        return new PriceDiff(
                draft.list(),
                current == null ? null : current.currency(),
                draft.currency(),
                changes);
    }

    public boolean empty() {
        return changes.isEmpty() && (before == null || before.equals(after));
    }

    /// One sentence a difference; of a list other than the default one with its name.
    public List<String> sentences() {
        String prefix = list.equals(PriceVersion.DEFAULT_LIST) ? "" : "list " + list + ", ";
        List<String> sentences = new ArrayList<>();
        if (before != null && !before.equals(after)) {
            sentences.add(prefix + "currency: " + before + " → " + after);
        }
        changes.forEach(change -> sentences.add(prefix + change.sentence()));
        return sentences;
    }

    private static void compare(
            ModelId id,
            @Nullable ModelPrice before,
            @Nullable ModelPrice after,
            List<PriceChange> changes) {
        TreeSet<Long> bounds = new TreeSet<>();
        TreeSet<ServiceTier> tiers = new TreeSet<>();
        TreeSet<String> calls = new TreeSet<>();
        for (ModelPrice price : new ModelPrice[] {before, after}) {
            if (price != null) {
                price.bands().forEach(band -> bounds.add(band.from()));
                tiers.addAll(price.tiers());
                calls.addAll(price.callNanos().keySet());
            }
        }
        for (long from : bounds) {
            for (ServiceTier tier : tiers) {
                for (TokenClass tokenClass : TokenClass.values()) {
                    add(
                            changes,
                            new PriceChange(
                                    id,
                                    tokenClass.word(),
                                    tier,
                                    from,
                                    nanos(before, from, tier, tokenClass),
                                    nanos(after, from, tier, tokenClass)));
                }
            }
        }
        for (String call : calls) {
            add(
                    changes,
                    new PriceChange(
                            id,
                            "call " + call,
                            null,
                            0,
                            before == null ? null : before.callNanos().get(call),
                            after == null ? null : after.callNanos().get(call)));
        }
    }

    private static void add(List<PriceChange> changes, PriceChange change) {
        if (!Objects.equals(change.beforeNanos(), change.afterNanos())) {
            changes.add(change);
        }
    }

    private static @Nullable Long nanos(
            @Nullable ModelPrice price, long from, ServiceTier tier, TokenClass tokenClass) {
        return price == null || !price.offers(tier)
                ? null
                : price.rates(from, tier).of(tokenClass).nanosPerMillion();
    }
}
