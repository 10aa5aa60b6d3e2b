import JSON

/// How a revision of the operator API is written for people.
enum RevisionText {
    /// `revision 42 (epoch 1)`
    static func full(_ revision: JSONValue?) -> String {
        guard let number = revision?["number"]?.integerValue else { return "no revision" }
        guard let epoch = revision?["epoch"]?["counter"]?.integerValue else { return "revision \(number)" }
        return "revision \(number) (epoch \(epoch))"
    }

    /// `42`
    static func number(_ revision: JSONValue?) -> String {
        (revision?["number"]?.integerValue).map { "\($0)" } ?? "–"
    }

    /// The epoch's counter: `1`
    static func epoch(_ revision: JSONValue?) -> String {
        (revision?["epoch"]?["counter"]?.integerValue).map { "\($0)" } ?? "–"
    }

    /// What a change came to: the new revision, or that there was nothing to change.
    static func outcome(_ answer: JSONValue) -> String {
        answer["published"]?.boolValue == false
            ? "nothing to change: \(full(answer["revision"]))" : full(answer["revision"])
    }
}
