package mooring.admin;

import java.util.function.Supplier;

/// One condition without which this process should get no requests. May block.
public interface ReadinessCheck {

    sealed interface Result {

        record Passed() implements Result {}

        /// Requests are served all the same, and an operator should look.
        ///
        /// @param note what is not as it should be
        record Noted(String note) implements Result {}

        /// @param reason what is wrong, in words for the operator
        record Failed(String reason) implements Result {}
    }

    Result PASSED = new Result.Passed();

    String name();

    Result check();

    static ReadinessCheck of(String name, Supplier<Result> check) {
        return new ReadinessCheck() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Result check() {
                return check.get();
            }
        };
    }
}
