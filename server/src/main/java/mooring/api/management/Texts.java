package mooring.api.management;

import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Texts that people write: kept as they are, but only if they can be stored and shown.
final class Texts {

    private Texts() {}

    /// Control characters break lists and logs, PostgreSQL stores no NUL, and half a surrogate pair
    /// is no text in any encoding.
    static String clean(String name, String text) {
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            boolean halfPair = Character.getType(point) == Character.SURROGATE;
            if (Character.isISOControl(point) || halfPair) {
                throw new ProblemException(
                        new Problem.InvalidRequest(
                                name,
                                String.format(
                                        "%s: U+%04X at character %d (expected: text without control"
                                                + " characters)",
                                        name, point, text.codePointCount(0, i) + 1)));
            }
            i += Character.charCount(point);
        }
        return text;
    }
}
