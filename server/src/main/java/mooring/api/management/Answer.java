package mooring.api.management;

/// What a call is answered with.
///
/// @param repeated the body for a repeat with the same idempotency key; differs from `body` where
///   that holds a secret which is shown once
record Answer(int status, Object body, Object repeated) {

    static Answer ok(Object body) {
        return new Answer(200, body, body);
    }

    static Answer created(Object body) {
        return new Answer(201, body, body);
    }
}
