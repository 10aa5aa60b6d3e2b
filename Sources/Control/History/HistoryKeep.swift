/// How much of the history is kept. What is older is deleted from the store, and can neither be shown nor rolled back
/// to; what flags and pilot groups are today doesn't depend on it.
package enum HistoryKeep: Sendable, Hashable {
    case everything
    /// The newest so many revisions of each environment.
    case revisions(UInt64)
    /// Revisions younger than so many milliseconds.
    case milliseconds(UInt64)
}
