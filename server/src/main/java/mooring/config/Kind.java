package mooring.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mooring.money.Currency;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// What values a setting takes, and how they are written.
sealed interface Kind<T> {

    /// The value that a text stands for, null when it stands for none.
    ///
    /// @param folder what a relative path starts from
    @Nullable T parse(String text, Path folder);

    /// What to write, for messages and the reference.
    String expected();

    /// The text as it may be shown.
    default String shown(String text) {
        return text;
    }

    /// @param note what a special value means, empty when there is none
    record Whole(int min, int max, String note) implements Kind<Integer> {
        @Override
        public @Nullable Integer parse(String text, Path folder) {
            if (!text.matches("[0-9]{1,9}")) {
                return null;
            }
            int number = Integer.parseInt(text);
            return number < min || number > max ? null : number;
        }

        @Override
        public String expected() {
            return "a whole number " + min + ".." + max + (note.isEmpty() ? "" : ", " + note);
        }
    }

    /// A size in bytes, alone or with a binary unit.
    record Bytes(long min, long max) implements Kind<Long> {
        private static final Pattern FORM = Pattern.compile("([0-9]{1,12})(|KiB|MiB|GiB)");

        @Override
        public @Nullable Long parse(String text, Path folder) {
            Matcher form = FORM.matcher(text);
            if (!form.matches()) {
                return null;
            }
            long unit =
                    switch (form.group(2)) {
                        case "KiB" -> 1L << 10;
                        case "MiB" -> 1L << 20;
                        case "GiB" -> 1L << 30;
                        default -> 1L;
                    };
            long bytes = Long.parseLong(form.group(1)) * unit;
            return bytes < min || bytes > max ? null : bytes;
        }

        @Override
        public String expected() {
            return "bytes as in 33554432 or 32MiB, " + min + ".." + max;
        }
    }

    /// A time span with its unit.
    record Span(Duration min, Duration max) implements Kind<Duration> {
        private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

        @Override
        public @Nullable Duration parse(String text, Path folder) {
            Matcher form = FORM.matcher(text);
            if (!form.matches()) {
                return null;
            }
            long amount = Long.parseLong(form.group(1));
            Duration span =
                    switch (form.group(2)) {
                        case "ms" -> Duration.ofMillis(amount);
                        case "s" -> Duration.ofSeconds(amount);
                        case "m" -> Duration.ofMinutes(amount);
                        default -> Duration.ofHours(amount);
                    };
            return span.compareTo(min) < 0 || span.compareTo(max) > 0 ? null : span;
        }

        @Override
        public String expected() {
            return "a time as in 500ms, 10s, 5m or 1h, " + written(min) + ".." + written(max);
        }

        private static String written(Duration span) {
            if (span.toMillisPart() != 0) {
                return span.toMillis() + "ms";
            }
            return span.toHours() > 0 && span.toSeconds() % 3600 == 0
                    ? span.toHours() + "h"
                    : span.toSeconds() + "s";
        }
    }

    /// A file or folder; a relative one becomes absolute.
    record File(String expected) implements Kind<Path> {
        @Override
        public @Nullable Path parse(String text, Path folder) {
            try {
                return text.isEmpty() ? null : folder.resolve(text).toAbsolutePath().normalize();
            } catch (InvalidPathException _) {
                return null;
            }
        }
    }

    /// One of a few words.
    record Choice<E extends Enum<E>>(Class<E> type) implements Kind<E> {
        @Override
        public @Nullable E parse(String text, Path folder) {
            return Words.of(type).get(text);
        }

        @Override
        public String expected() {
            return String.join(", ", Words.of(type).keySet());
        }
    }

    /// Text of a certain form.
    record Text(String form, String expected) implements Kind<String> {
        @Override
        public @Nullable String parse(String text, Path folder) {
            return text.matches(form) ? text : null;
        }
    }

    /// An exact amount of money, in whatever currency the prices have.
    record Amount() implements Kind<String> {
        @Override
        public @Nullable String parse(String text, Path folder) {
            try {
                return Money.parse(text, Currency.USD).negative() ? null : text;
            } catch (IllegalArgumentException _) {
                return null;
            }
        }

        @Override
        public String expected() {
            return "a decimal as in 5.00, at most nine digits after the point, 0 for none";
        }
    }

    /// A time zone by its name.
    record Zone() implements Kind<ZoneId> {
        @Override
        public @Nullable ZoneId parse(String text, Path folder) {
            try {
                return text.isEmpty() ? null : ZoneId.of(text);
            } catch (DateTimeException _) {
                return null;
            }
        }

        @Override
        public String expected() {
            return "a time zone as in UTC or Pacific/Auckland";
        }
    }

    /// On when named on the command line. Never kept, because it is about one start.
    record Switch() implements Kind<Boolean> {
        @Override
        public @Nullable Boolean parse(String text, Path folder) {
            return switch (text) {
                case "true" -> true;
                case "false" -> false;
                default -> null;
            };
        }

        @Override
        public String expected() {
            return "the flag alone";
        }
    }

    /// Ranges of addresses, by comma.
    record Networks() implements Kind<List<String>> {
        private static final Pattern ONE =
                Pattern.compile(
                        "([0-9]{1,3}(\\.[0-9]{1,3}){3}(/([0-9]|[12][0-9]|3[0-2]))?)"
                                + "|([0-9a-fA-F:]{2,39}(/[0-9]{1,3})?)");

        @Override
        public @Nullable List<String> parse(String text, Path folder) {
            List<String> each = List.of(text.split(" *, *", -1));
            return each.stream().allMatch(one -> ONE.matcher(one).matches()) ? each : null;
        }

        @Override
        public String expected() {
            return "ranges of addresses as in 10.0.0.0/8, by comma";
        }
    }

    /// Origins of pages, by comma; none may stand for all.
    record Origins() implements Kind<List<String>> {
        private static final Pattern ONE =
                Pattern.compile("https?://([a-z0-9.-]{1,253}|\\[[0-9a-f:]{2,39}\\])(:[0-9]{1,5})?");

        @Override
        public @Nullable List<String> parse(String text, Path folder) {
            List<String> each = List.of(text.split(" *, *", -1));
            return each.stream().allMatch(one -> ONE.matcher(one).matches()) ? each : null;
        }

        @Override
        public String expected() {
            return "origins as in https://app.example.org, by comma";
        }
    }

    /// The address of a Redis, whose password is not shown.
    record Redis() implements Kind<String> {
        private static final Pattern FORM = Pattern.compile("rediss?://[^\\s]{1,2000}");
        private static final Pattern PASSWORD = Pattern.compile("(://[^:/?@]*:).*@");

        @Override
        public @Nullable String parse(String text, Path folder) {
            return FORM.matcher(text).matches() ? text : null;
        }

        @Override
        public String expected() {
            return "redis://user:password@host:6379/0";
        }

        @Override
        public String shown(String text) {
            return PASSWORD.matcher(text).replaceFirst("$1***@");
        }
    }

    /// A database's address, whose password is not shown.
    record Database() implements Kind<DatabaseUrl> {
        @Override
        public @Nullable DatabaseUrl parse(String text, Path folder) {
            return DatabaseUrl.plausible(text) ? new DatabaseUrl(text) : null;
        }

        @Override
        public String expected() {
            return "postgresql://user:password@host:5432/database";
        }

        @Override
        public String shown(String text) {
            return new DatabaseUrl(text).masked();
        }
    }
}
