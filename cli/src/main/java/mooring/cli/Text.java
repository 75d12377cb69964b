package mooring.cli;

/// Text made safe to show: what a server or model sent must not steer a terminal.
final class Text {
    private static final char REPLACEMENT = '\uFFFD';

    private Text() {}

    /// The text with line breaks and tabs kept, every other control character replaced.
    static String printable(String text) {
        return replaceControls(text, true);
    }

    /// The text without line breaks, for a table's cell or an error.
    static String oneLine(String text) {
        return replaceControls(text.strip().replaceAll("\\s*\\R\\s*", " "), false);
    }

    private static String replaceControls(String text, boolean keepLayout) {
        StringBuilder safe = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean layout = c == '\n' || c == '\t';
            if (Character.isISOControl(c) && !(keepLayout && layout)) {
                safe.append(layout ? ' ' : REPLACEMENT);
            } else {
                safe.append(c);
            }
        }
        return safe.toString();
    }
}
