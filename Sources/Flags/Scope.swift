import HashTreeCollections
import JSON

/// What an expression may look at while it is evaluated.
struct Scope {
    enum Data {
        /// The evaluation context, with `targetingKey` and `$flagd` laid over it.
        case context(EvaluationContext)
        /// Any value; operators that walk through arrays hand their elements on like this.
        case value(JSONValue)
    }

    var data: Data
    var flagKey: String
    var unixSeconds: Int64
    var pilots: TreeDictionary<String, TreeSet<ExactString>>

    var targetingKey: String? {
        if case .context(let context) = data { context.targetingKey } else { nil }
    }

    /// `$flagd`, which hides an attribute of that name.
    var flagd: JSONValue {
        .object(
            JSONObject(members: [
                .init(key: "flagKey", value: .string(flagKey)), .init(key: "timestamp", value: .integer(unixSeconds)),
            ]))
    }

    /// Everything as one value: what an empty `var` gives.
    var whole: JSONValue {
        switch data {
        case .value(let value): return value
        case .context(let context):
            var object = context.attributes
            if let key = context.targetingKey { object["targetingKey"] = .string(key) }
            object["$flagd"] = flagd
            return .object(object)
        }
    }
}
