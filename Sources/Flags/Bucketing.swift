/// How `fractional` turns a user into a bucket: what is hashed. Fixed when an environment is made, since another one
/// moves nearly every user.
package enum Bucketing: String, Sendable, Hashable, CaseIterable {
    /// The text itself; flag key and targeting key one after the other where no text is given. flagd's Go, Java,
    /// JavaScript and .NET engines.
    case v2
    /// The value's deterministic CBOR; that of [flag key, targeting key] where none is given. flagd's Python engine.
    case v3
}
