package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/// The entry of a new model in a data folder's catalogue, and of its price.
///
/// Looked at before anything is downloaded, and written after.
final class Offer {
    private final ModelFolder folder;
    private final String id;
    private final ModelPrices prices;
    private final boolean priced;
    private final String currency;

    private Offer(
            ModelFolder folder, String id, ModelPrices prices, boolean priced, String currency) {
        this.folder = folder;
        this.id = id;
        this.prices = prices;
        this.priced = priced;
        this.currency = currency;
    }

    /// @param given null for the bundled model's prices
    /// @throws Refusal when the folder has that model, or another price for it
    static Offer prepare(ModelFolder folder, String id, @Nullable ModelPrices given) {
        if (folder.instead("catalog") == null) {
            YamlFile catalog = YamlFile.in(folder.path(), folder.shown(), "catalog.yaml");
            for (JsonNode model : catalog.models()) {
                if (model.path("id").asText().equals(id)) {
                    throw new Refusal(
                            catalog.shown()
                                    + " has a model "
                                    + id
                                    + " already"
                                    + (catalog.exists() ? "" : " (the one that comes along)")
                                    + ": choose another name with --id.");
                }
            }
        }
        YamlFile file = YamlFile.in(folder.path(), folder.shown(), "prices.yaml");
        boolean priced = folder.instead("prices") == null && file.models().has(id);
        if (priced && given != null) {
            throw new Refusal(
                    file.shown()
                            + " has a price for "
                            + id
                            + " already: change it there, and leave out the prices here.");
        }
        ModelPrices prices =
                given == null
                        ? ModelPrices.like(YamlFile.tree(YamlFile.bundled("prices.yaml")))
                        : given;
        return new Offer(folder, id, prices, priced, file.tree().path("currency").asText("USD"));
    }

    /// Writes both entries. The price comes first: without it no server starts with the model.
    ///
    /// @param out gets the lines that the operator must add where this program may not; null for
    ///   nobody
    /// @throws Refusal when something is left to the operator
    void make(PulledModel model, @Nullable PrintStream out) {
        String wherePrice = priced ? null : write("prices", prices.yaml(id), out);
        String whereModel = write("catalog", model.yaml(), out);
        if (wherePrice != null || whereModel != null) {
            String both = wherePrice != null && whereModel != null ? " and " : "";
            throw new Refusal(
                    "The model is at "
                            + model.path()
                            + ", but not offered yet: under models: of "
                            + (whereModel == null ? "" : whereModel)
                            + both
                            + (wherePrice == null ? "" : wherePrice)
                            + (out == null
                                    ? " add it as docs/how-to/own-model.md shows"
                                    : " add the lines above")
                            + ", then ./mooring restart.");
        }
    }

    String catalogPath() {
        return folder.path().resolve("catalog.yaml").toString();
    }

    String pricesPath() {
        return folder.path().resolve("prices.yaml").toString();
    }

    String catalogShown() {
        return folder.shown() + "/catalog.yaml";
    }

    String pricesShown() {
        String file = folder.shown() + "/prices.yaml";
        if (priced) {
            return file + ", as they stood there";
        }
        String shown = prices.shown();
        return shown.equals("free")
                ? file + ": free"
                : file
                        + ": "
                        + shown
                        + " "
                        + currency
                        + " per million tokens"
                        + (prices.bundled()
                                ? ", the bundled model's as a start: set your own there"
                                : "");
    }

    /// Null when the entry is in its file, else the file where the operator must put it.
    private @Nullable String write(String name, String entry, @Nullable PrintStream out) {
        String instead = folder.instead(name);
        String where = instead;
        if (instead == null) {
            YamlFile file = YamlFile.in(folder.path(), folder.shown(), name + ".yaml");
            String text = file.with(entry);
            if (text != null) {
                file.replace(text);
                return null;
            }
            where = file.shown();
        }
        if (out != null) {
            out.println("# Under models: of " + where);
            entry.lines().forEach(line -> out.println("  " + line));
            out.println();
        }
        return where;
    }
}
