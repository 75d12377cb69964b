package mooring.config;

/// What becomes of images that requests name by URL. Engines are never told to fetch them.
public enum ImageUrls {
    /// The server fetches them, from public addresses only.
    FETCH,

    /// The request is refused; images come as data URLs.
    REFUSE
}
