package mooring.http;

/// A part of the HTTP surface: whoever takes a request answers it, on every way out.
@FunctionalInterface
public interface Door {

    /// Takes the request if its path is this door's; false leaves it to the next.
    boolean open(Exchange exchange);
}
