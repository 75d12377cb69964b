package mooring.bench;

import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/// A page of bar charts that needs nothing but a browser.
final class Plots {

    private static final int WIDTH = 640;
    private static final int ROW = 28;
    private static final int LABELS = 110;

    private final StringBuilder body = new StringBuilder();
    private final String title;

    Plots(String title, String setting) {
        this.title = title;
        body.append("<h1>").append(escape(title)).append("</h1><p>").append(escape(setting));
        body.append("</p>\n");
    }

    /// One bar for each name: a first part, and a second one stacked on it.
    <T> void bars(
            String what,
            Map<String, T> all,
            ToDoubleFunction<T> first,
            ToDoubleFunction<T> second) {
        double most =
                all.values().stream()
                        .mapToDouble(one -> first.applyAsDouble(one) + second.applyAsDouble(one))
                        .max()
                        .orElse(0);
        double scale = most <= 0 ? 0 : (WIDTH - LABELS - 130) / most;
        body.append("<h2>").append(escape(what)).append("</h2>\n");
        body.append("<svg width=\"%d\" height=\"%d\">\n".formatted(WIDTH, all.size() * ROW));
        int row = 0;
        for (Map.Entry<String, T> one : all.entrySet()) {
            double a = first.applyAsDouble(one.getValue());
            double b = second.applyAsDouble(one.getValue());
            int y = row++ * ROW;
            body.append("<text x=\"0\" y=\"%d\">%s</text>".formatted(y + 18, escape(one.getKey())));
            rect(LABELS, y, a * scale, "#2f6f8f");
            rect(LABELS + a * scale, y, b * scale, "#c98b2b");
            body.append(
                    String.format(
                            Locale.ROOT,
                            "<text x=\"%.1f\" y=\"%d\">%.2f + %.2f</text>%n",
                            LABELS + (a + b) * scale + 6,
                            y + 18,
                            a,
                            b));
        }
        body.append("</svg>\n");
    }

    private void rect(double x, int y, double width, String colour) {
        body.append(
                String.format(
                        Locale.ROOT,
                        "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
                        x,
                        y + 3,
                        Math.max(0, width),
                        ROW - 6,
                        colour));
    }

    String page(String table) {
        return """
        <!doctype html>
        <html lang="en"><meta charset="utf-8"><title>%s</title>
        <style>body{font:15px sans-serif;margin:2em}text{font:13px sans-serif}</style>
        %s<pre>%s</pre></html>
        """
                .formatted(escape(title), body, escape(table));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
