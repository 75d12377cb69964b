package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Texts of several scripts, through an engine that writes single bytes and cuts surrogate pairs.
@Command(
        name = "unicode",
        mixinStandardHelpOptions = true,
        description = "中文, macrons and emoji arrive as they were said, cut how they may be")
final class Unicode extends Measurement {

    private static final int BAR_RUNS = 3;
    private static final Duration ANSWER = Duration.ofMinutes(1);

    private static final Map<String, String> TEXTS =
            Map.of(
                    "中文",
                    "合同第三条规定,乙方应于二〇二六年九月三十日前交付全部货物。𠮷野家、𪚥、〇「引用」",
                    "te reo Māori",
                    "Ko te reo te mauri o te mana Māori; āēīōū ĀĒĪŌŪ, whānau, tāngata, pūtea.",
                    "emoji",
                    "😀🚀👍🏽👩‍👩‍👧‍👦🏳️‍🌈🇳🇿1️⃣ 🧑🏿‍🚀 end 𝄞𝕄",
                    "combining",
                    "e\u0301 a\u0304 n\u0303 \u1100\u1161\u11a8 \u0915\u094d\u0937\u093f Z\u0351\u036b\u0343 \u2028 \u0000\u001f\"\\/",
                    "right to left",
                    "שלום עולם — العَرَبِيَّة ﷺ \u202eabc\u202c");

    private static final List<String> CUTS =
            List.of(
                    "{\"split_bytes\":1}",
                    "{\"split_bytes\":1,\"escape_non_ascii\":true}",
                    "{\"split_surrogates\":true}",
                    "{\"split_bytes\":1,\"split_surrogates\":true}",
                    "{\"split_bytes\":3,\"chunk_chars\":2}",
                    "{}");

    @Option(names = "--runs", description = "of every text and cut (default: ${DEFAULT-VALUE})")
    private int runs = BAR_RUNS;

    @Override
    boolean fullSize() {
        return runs >= BAR_RUNS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = simulator.offer(bench, "", "");
        ServerInstance server =
                ServerInstance.start(
                        bench, bench.folder().resolve("data"), offer.catalog(), offer.prices());
        ChatClient client = new ChatClient(server.baseUrl(), ANSWER);
        Report report =
                new Report(
                        "%d texts, %d cuts, streamed and whole, %d times"
                                .formatted(TEXTS.size(), CUTS.size(), runs));
        Report.Tally identical = report.tally("text identical, no replacement character");
        Report.Tally pieces = report.tally("no chunk holds half a code point");
        for (int run = 0; run < runs; run++) {
            for (Map.Entry<String, String> text : TEXTS.entrySet()) {
                for (String cut : CUTS) {
                    for (boolean streamed : List.of(true, false)) {
                        Answer answer =
                                client.ask(
                                        server.firstKey(),
                                        "unicode",
                                        body(text.getValue(), cut, streamed),
                                        new Leave.Never());
                        String where = text.getKey() + " " + cut + " streamed=" + streamed;
                        identical.expect(
                                answer.delivered() && answer.text().equals(text.getValue()),
                                where + ": " + answer.text() + " " + answer.trouble);
                        for (Answer.Piece piece : answer.pieces) {
                            pieces.expect(whole(piece.text()), where + ": " + piece.text());
                        }
                    }
                }
            }
        }
        long answers = (long) runs * TEXTS.size() * CUTS.size() * 2;
        report.headline(
                answers + " answers in 中文, te reo Māori, emoji, combining marks: text identical");
        server.stop();
        return report;
    }

    private static String body(String text, String cut, boolean streamed) {
        ObjectNode directive = (ObjectNode) Json.read(cut);
        directive.put("text", text);
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("model", Simulator.MODEL);
        body.putArray("messages")
                .addObject()
                .put("role", "user")
                .put("content", "[[simulate " + directive + "]]");
        body.put("max_tokens", 1_000);
        body.put("stream", streamed);
        return body.toString();
    }

    private static boolean whole(String piece) {
        return piece.indexOf('\ufffd') < 0
                && piece.codePoints()
                        .noneMatch(
                                point ->
                                        Character.MIN_SURROGATE <= point
                                                && point <= Character.MAX_SURROGATE);
    }
}
