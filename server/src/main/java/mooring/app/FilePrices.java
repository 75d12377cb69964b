package mooring.app;

import java.util.List;
import java.util.function.Supplier;
import mooring.api.management.PricePublisher;
import mooring.catalog.Catalog;
import mooring.catalog.PriceBook;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.catalog.file.PriceFile;
import mooring.config.ConfigException;
import mooring.inference.ModelId;

/// Publishes the price file when the operator says so, and never by itself.
final class FilePrices implements PricePublisher {

    private final Supplier<PriceFile> file;
    private final Catalog catalog;
    private final PriceBook book;
    private final Prices prices;

    /// @param file reads the price file anew
    FilePrices(Supplier<PriceFile> file, Catalog catalog, PriceBook book, Prices prices) {
        this.file = file;
        this.catalog = catalog;
        this.book = book;
        this.prices = prices;
    }

    @Override
    public synchronized Publication publish() {
        PriceFile read;
        try {
            read = file.get();
        } catch (ConfigException e) {
            return new Publication.Refused(e.mistakes());
        }
        List<ModelId> missing = PriceFile.missing(catalog, read.prices());
        if (!missing.isEmpty()) {
            return new Publication.Refused(
                    missing.stream()
                            .map(model -> model + ": no price (expected: one for each model)")
                            .toList());
        }
        PriceVersion current = book.current().orElse(null);
        if (current != null && read.diff(current).isEmpty()) {
            return new Publication.Unchanged(current);
        }
        PriceVersion published = book.publish(read.currency(), read.prices());
        prices.use(published);
        return new Publication.Published(published);
    }

    @Override
    public List<String> unpublishedChanges() {
        PriceVersion current = prices.current();
        return current == null ? List.of() : file.get().diff(current);
    }
}
