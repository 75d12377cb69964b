package mooring.accounts.store;

import mooring.accounts.Organizations;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// What people call their organizations and keys.
final class Names {

    private Names() {}

    static void require(String name) {
        boolean printable = name.codePoints().noneMatch(Character::isISOControl);
        if (name.isBlank() || name.length() > Organizations.MAX_NAME_CHARS || !printable) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            "name",
                            "name: "
                                    + name.length()
                                    + " characters (expected: 1.."
                                    + Organizations.MAX_NAME_CHARS
                                    + ", printable, not only spaces)"));
        }
    }
}
