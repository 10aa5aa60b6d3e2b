/// A revision's number as requests give it.
enum RevisionNumber {
    /// What every reader of JSON takes for itself (RFC 8259, §6); no environment counts that far.
    static let largest: UInt64 = (1 << 53) - 1

    /// - Parameter place: where it stands, for the refusal.
    static func read(_ text: String, of place: String) throws(Refusal) -> UInt64 {
        guard let number = UInt64(text), number <= largest else {
            throw Refusal(
                .malformed, "Not a revision's number",
                detail: "\(place) is \"\(text)\", which is no revision's number",
                hint: "a revision's number is a whole number, such as 42; `pilotlight history` shows them")
        }
        return number
    }
}
