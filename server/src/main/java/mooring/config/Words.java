package mooring.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// The values of an enum as an operator writes them: in small letters.
final class Words {

    private Words() {}

    static <E extends Enum<E>> Map<String, E> of(Class<E> type) {
        Map<String, E> words = new LinkedHashMap<>();
        for (E value : type.getEnumConstants()) {
            words.put(value.name().toLowerCase(Locale.ROOT), value);
        }
        return Collections.unmodifiableMap(words);
    }
}
