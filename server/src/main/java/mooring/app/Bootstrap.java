package mooring.app;

import java.nio.file.Files;
import java.util.List;
import mooring.accounts.ApiKeys;
import mooring.accounts.Organization;
import mooring.accounts.Organizations;
import mooring.catalog.Catalog;
import mooring.catalog.PriceBook;
import mooring.catalog.PriceVersion;
import mooring.catalog.PricesRefusedException;
import mooring.catalog.file.PriceFile;
import mooring.ledger.LotKind;
import mooring.ledger.Wallets;
import mooring.money.Money;

/// What a first start puts in place, so that a newcomer's first request can be paid: the first
/// price version, an organization with a starting credit, and its key in a file.
final class Bootstrap {

    private static final String FIRST_ORGANIZATION = "First organization";
    private static final String FIRST_KEY_FILE = "first-key";

    private Bootstrap() {}

    /// The price version in force; the file becomes version 1 when there is none.
    ///
    /// @throws StartException when a model of the catalogue has no price in the file
    static PriceVersion prices(PriceBook book, PriceFile file, Catalog catalog) {
        return book.current()
                .orElseGet(
                        () -> {
                            try {
                                return book.publish(file.drafts(), catalog, null).getFirst();
                            } catch (PricesRefusedException e) {
                                throw new StartException(
                                        "prices: "
                                                + e.getMessage()
                                                + " (add it to prices.yaml, or name the file with"
                                                + " --prices; see docs/reference/catalog.md)",
                                        e);
                            }
                        });
    }

    /// The first organization's key, made with organization and credit when there is none yet.
    static void firstOrganization(
            DataFolder folder,
            Organizations organizations,
            ApiKeys keys,
            Wallets wallets,
            Money startingCredit) {
        if (Files.exists(folder.resolve(FIRST_KEY_FILE))) {
            return;
        }
        List<Organization> existing = organizations.list(null, 1);
        Organization first =
                existing.isEmpty()
                        ? organizations.create(FIRST_ORGANIZATION, startingCredit.currency())
                        : existing.getFirst();
        if (startingCredit.positive()) {
            // The key makes this one credit, however often a first start is cut short.
            wallets.credit(
                    first.id(),
                    startingCredit,
                    LotKind.PROMOTIONAL,
                    "starting credit",
                    "starting-credit");
        }
        folder.writeSecret(FIRST_KEY_FILE, keys.create(first.id(), "first key").secret().reveal());
    }
}
