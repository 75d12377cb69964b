package mooring.app;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import mooring.api.management.PricePublisher;
import mooring.catalog.Catalog;
import mooring.catalog.PriceBook;
import mooring.catalog.PriceDiff;
import mooring.catalog.PriceDraft;
import mooring.catalog.PriceSnapshot;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.catalog.PricesRefusedException;
import mooring.catalog.file.PriceFile;
import mooring.config.ConfigException;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Publishes the price file when the operator says so, and never by itself.
final class FilePrices implements PricePublisher {

    private final Supplier<PriceFile> file;
    private final Catalog catalog;
    private final PriceBook book;
    private final Prices prices;
    private final Clock clock;

    /// @param file reads the price file anew
    FilePrices(
            Supplier<PriceFile> file, Catalog catalog, PriceBook book, Prices prices, Clock clock) {
        this.file = file;
        this.catalog = catalog;
        this.book = book;
        this.prices = prices;
        this.clock = clock;
    }

    @Override
    public synchronized Publication publish(@Nullable Instant effectiveFrom) {
        PriceFile read;
        try {
            read = file.get();
        } catch (ConfigException e) {
            return new Publication.Refused(e.mistakes());
        }
        List<String> gaps = read.gaps(catalog);
        if (!gaps.isEmpty()) {
            return new Publication.Refused(gaps);
        }
        Instant at = effectiveFrom == null ? clock.now() : effectiveFrom;
        List<PriceDraft> changed = new ArrayList<>();
        for (PriceDraft draft : read.drafts()) {
            PriceVersion before = book.inForce(draft.list(), at).orElse(null);
            if (before == null || !PriceDiff.between(before, draft).empty()) {
                changed.add(draft);
            }
        }
        try {
            if (changed.isEmpty()) {
                return new Publication.Unchanged(
                        book.inForce(PriceVersion.DEFAULT_LIST, at).orElseThrow());
            }
            List<PriceVersion> published = book.publish(changed, catalog, effectiveFrom);
            prices.refresh(book::snapshot);
            return new Publication.Published(published);
        } catch (PricesRefusedException e) {
            return new Publication.Refused(e.reasons());
        }
    }

    @Override
    public Review review(@Nullable Instant effectiveFrom) {
        PriceFile read;
        try {
            read = file.get();
        } catch (ConfigException e) {
            return new Review(List.of(), e.mistakes());
        }
        Instant at = effectiveFrom == null ? clock.now() : effectiveFrom;
        List<PriceDiff> diffs = new ArrayList<>();
        for (PriceDraft draft : read.drafts()) {
            PriceDiff diff = PriceDiff.between(book.inForce(draft.list(), at).orElse(null), draft);
            if (!diff.empty()) {
                diffs.add(diff);
            }
        }
        return new Review(diffs, read.gaps(catalog));
    }

    @Override
    public List<String> unpublishedChanges() {
        return unpublished(file.get(), prices.snapshot());
    }

    @Override
    public Optional<PriceVersion> version(String list, @Nullable Instant at) {
        return book.inForce(list, at == null ? clock.now() : at);
    }

    @Override
    public void changed() {
        prices.refresh(book::snapshot);
    }

    /// What of the file no version says, neither the one in force nor one to come.
    static List<String> unpublished(PriceFile file, PriceSnapshot published) {
        return file.drafts().stream()
                .flatMap(
                        draft ->
                                PriceDiff.between(
                                        published.inForce(draft.list(), Instant.MAX), draft)
                                        .sentences()
                                        .stream())
                .toList();
    }
}
