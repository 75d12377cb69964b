package mooring.api.management;

/// Carries out one operation of the contract. Blocking, on a virtual thread; what it cannot do it
/// refuses with a [mooring.problem.ProblemException].
@FunctionalInterface
interface OperationHandler {

    Answer handle(Call call);
}
