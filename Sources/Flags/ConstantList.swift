import JSON

/// What `in` searches when the list stands in the rule: texts and numbers are looked up, not compared one by one.
struct ConstantList: Sendable {
    private let texts: Set<ExactString>
    /// Of numbers, and of texts as the numbers they count as; nil where an element counts as none, which is a fault
    /// when a number is looked for.
    private let numbers: Set<Double>?
    private let elements: [JSONValue]

    /// Up to here comparing one by one is as quick.
    static let few = 8

    /// Nil for a short list, and for one with arrays (ranges) or objects in it.
    init?(_ elements: [JSONValue]) {
        guard elements.count > Self.few else { return nil }
        var texts: Set<ExactString> = []
        var numbers: Set<Double>? = []
        for element in elements {
            switch element {
            case .string(let text):
                texts.insert(ExactString(text))
                numbers?.insert(NumberText.parse(text) ?? 0)
            case .integer(let value): numbers?.insert(Double(value))
            case .double(let value): numbers?.insert(value)
            case .bool, .null: numbers = nil
            case .array, .object: return nil
            }
        }
        self.texts = texts
        self.numbers = numbers
        self.elements = elements
    }

    func contains(_ needle: JSONValue) throws(TargetingFault) -> Bool {
        switch needle {
        case .string(let text): return texts.contains(ExactString(text))
        case .integer, .double:
            if let numbers { return numbers.contains(Loose.number(needle)) }
            return try Loose.contains(needle, in: .array(elements))
        default: return try Loose.contains(needle, in: .array(elements))
        }
    }
}
