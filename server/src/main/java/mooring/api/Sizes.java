package mooring.api;

import com.fasterxml.jackson.databind.JsonNode;
import mooring.catalog.Capability;
import mooring.catalog.Model;
import mooring.inference.ContentPart;
import mooring.inference.QuotedText;
import mooring.json.LongTextNode;
import mooring.json.LongTexts;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Adds up everything that becomes prompt: UTF-8 bytes of texts, and pictures.
public final class Sizes {

    /// More make no sense in one prompt, and would make one request a bundle of downloads.
    public static final int MAX_IMAGES = 64;

    private final boolean takesImages;
    private long bytes;
    private int images;

    /// Of a prompt that is text alone.
    public Sizes() {
        this.takesImages = false;
    }

    public Sizes(Model model) {
        this.takesImages = model.can(Capability.IMAGES);
    }

    /// Whether the model takes pictures.
    public boolean takesImages() {
        return takesImages;
    }

    void image() {
        images++;
        if (images > MAX_IMAGES) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "messages", images + " images", "at most " + MAX_IMAGES + " images"));
        }
    }

    public long bytes() {
        return bytes;
    }

    /// The text of a node that is one.
    public ContentPart.Words text(JsonNode node) {
        if (node instanceof LongTextNode known) {
            bytes += known.utf8Length();
            return new ContentPart.LongText(
                    new QuotedText(known.json(), known.from(), known.length()),
                    known.chars(),
                    known::textValue);
        }
        return new ContentPart.Text(add(node.textValue()));
    }

    public String add(String text) {
        bytes += LongTexts.utf8Length(text);
        return text;
    }
}
