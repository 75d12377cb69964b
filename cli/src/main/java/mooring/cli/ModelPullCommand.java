package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Downloads one model file and offers it: nothing is served before the next start.
@Command(
        name = "pull",
        sortOptions = false,
        description = {
            "Download a GGUF model file from a hub and add it to the catalogue.",
            "HF_ENDPOINT names another hub than " + Hub.PUBLIC + "; HF_TOKEN",
            "is a token for it. A download that was cut goes on where it stopped."
        })
final class ModelPullCommand implements Callable<Integer> {
    private static final long MAX_DEFAULT_CONTEXT = 32_768;
    private static final long CONTEXT_WHEN_UNKNOWN = 4_096;
    private static final int MAX_CONTEXT = 10_000_000;
    private static final String ID_FORM = "[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}";

    private final Surroundings surroundings;

    @Parameters(
            index = "0",
            paramLabel = "REPOSITORY",
            description = "The repository, as in Qwen/Qwen2.5-1.5B-Instruct-GGUF.")
    private String repository = "";

    @Parameters(index = "1", paramLabel = "FILE", description = "The GGUF file in it.")
    private String file = "";

    @Option(
            names = "--id",
            paramLabel = "ID",
            description = "The name that callers send as model (default: the file's).")
    private @Nullable String id;

    @Option(
            names = "--revision",
            paramLabel = "REVISION",
            description = "The branch, tag or commit (default: main).")
    private String revision = "main";

    @Option(
            names = "--input-price",
            paramLabel = "PRICE",
            description = "The price of a million tokens of a prompt, as in 0.10.")
    private @Nullable String inputPrice;

    @Option(
            names = "--output-price",
            paramLabel = "PRICE",
            description = "The price of a million tokens of an answer.")
    private @Nullable String outputPrice;

    @Option(
            names = "--cache-read-price",
            paramLabel = "PRICE",
            description = "The same, of a prompt that the engine still had (default: as input).")
    private @Nullable String cacheReadPrice;

    @Option(names = "--free", description = "Charge nothing for this model.")
    private boolean free;

    @Option(
            names = "--context",
            paramLabel = "N",
            description =
                    "Tokens of prompt and answer together (default: what the model was made for, at"
                            + " most 32768).")
    private @Nullable Integer context;

    @Option(
            names = "--json",
            order = 100,
            description = "Print what was done as JSON; no progress is shown.")
    private boolean json;

    @Option(
            names = "--data-dir",
            order = 101,
            paramLabel = "DIR",
            description = "The instance's data folder (default: $MOORING_DATA_DIR, else .mooring).")
    private @Nullable String dataDir;

    @Option(
            names = {"-h", "--help"},
            order = 102,
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    ModelPullCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        HubFile wanted = new HubFile(repository, file, revision);
        String name = id == null ? wanted.suggestedId() : id;
        ModelPrices prices = ModelPrices.of(free, inputPrice, outputPrice, cacheReadPrice);
        checkOptions(name);
        if (wanted.oneOfSeveral()) {
            throw new Refusal(
                    file
                            + " is one part of a model in several files, which cannot be served:"
                            + " choose a file that holds the whole model.");
        }
        ModelFolder folder = ModelFolder.of(surroundings, dataDir);
        Offer offer = Offer.prepare(folder, name, prices);
        Pull pull = new Pull(surroundings, Hub.of(surroundings), wanted, folder, json);
        try (var _ = folder.lock()) {
            Pull.Pulled pulled = pull.run();
            long window = window(pulled.gguf());
            PulledModel model =
                    new PulledModel(name, wanted, pulled.path(), pulled.sha256(), window);
            offer.make(model, json ? null : surroundings.out());
            show(model, pulled, offer, folder);
        }
        return Commands.DONE;
    }

    private void checkOptions(String name) {
        if (!name.matches(ID_FORM)) {
            throw new MisuseException(
                    "--id: "
                            + name
                            + " (expected: 1..200 letters, digits and . _ : / @ + -, a letter or"
                            + " digit first)");
        }
        if (context != null && (context < 1 || context > MAX_CONTEXT)) {
            throw new MisuseException(
                    "--context: " + context + " (expected: 1.." + MAX_CONTEXT + ")");
        }
    }

    private long window(Gguf gguf) {
        if (context != null) {
            return context;
        }
        Long own = gguf.contextLength();
        return own == null ? CONTEXT_WHEN_UNKNOWN : Math.min(own, MAX_DEFAULT_CONTEXT);
    }

    private void show(PulledModel model, Pull.Pulled pulled, Offer offer, ModelFolder folder) {
        List<String> next = next(model, folder);
        PrintStream out = surroundings.out();
        if (json) {
            out.println(Json.pretty(asJson(model, pulled, offer, next)));
            out.flush();
            return;
        }
        Fields fields =
                Fields.of("model", model.id())
                        .add("file", model.path() + ", " + Size.of(pulled.bytes()))
                        .add(
                                "sha256",
                                model.sha256()
                                        + (pulled.verified()
                                                ? " (as the hub told)"
                                                : " (not verified: the hub tells no checksum)"))
                        .add("context", context(model, pulled.gguf()));
        Long memory = memory(model, pulled);
        if (memory != null) {
            fields.add(
                    "memory",
                    "about "
                            + Size.of(memory)
                            + " when it runs: the file, and room for "
                            + PulledModel.PARALLEL
                            + " requests at once; a smaller --context takes less");
        }
        fields.add("catalogue", offer.catalogShown()).add("prices", offer.pricesShown()).print(out);
        out.println();
        out.println("Next:");
        next.forEach(line -> out.println("  " + line));
        out.flush();
    }

    private String context(PulledModel model, Gguf gguf) {
        Long own = gguf.contextLength();
        if (own == null) {
            return model.contextLength() + " tokens (the file does not say what it was made for)";
        }
        if (model.contextLength() == own) {
            return own + " tokens";
        }
        return model.contextLength()
                + " tokens; the model was made for "
                + own
                + (model.contextLength() > own ? ", beyond which answers get worse" : "");
    }

    /// The weights and the windows, which are most of what the engine takes.
    private static @Nullable Long memory(PulledModel model, Pull.Pulled pulled) {
        Long perToken = pulled.gguf().windowBytesPerToken();
        return perToken == null
                ? null
                : Long.valueOf(
                        pulled.bytes() + perToken * model.contextLength() * PulledModel.PARALLEL);
    }

    private List<String> next(PulledModel model, ModelFolder folder) {
        String where = dataDir == null ? "" : " --data-dir " + ModelFolder.quoted(dataDir);
        List<String> next = new ArrayList<>();
        next.add((folder.running() ? "./mooring restart" : "./mooring up --detach") + where);
        if (folder.startedBefore()) {
            next.add("./mooring prices publish" + where);
        }
        next.add("./mooring chat --model " + model.id() + where + " \"What is a mooring?\"");
        return next;
    }

    private static ObjectNode asJson(
            PulledModel model, Pull.Pulled pulled, Offer offer, List<String> next) {
        ObjectNode object =
                Json.object()
                        .put("id", model.id())
                        .put("repository", model.source().repository())
                        .put("revision", model.source().revision())
                        .put("file", model.source().path())
                        .put("path", model.path().toString())
                        .put("bytes", pulled.bytes())
                        .put("sha256", model.sha256())
                        .put("verified", pulled.verified())
                        .put("context_length", model.contextLength())
                        .put("memory_bytes", memory(model, pulled))
                        .put("catalog", offer.catalogPath())
                        .put("prices", offer.pricesPath());
        next.forEach(object.putArray("next")::add);
        return object;
    }
}
