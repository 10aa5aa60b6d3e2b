import JSON

/// Reads a list of texts in a document, none of which may stand there twice.
package enum TextList {
    /// - Parameter what: of what it is a list, as in `pilot groups' names`.
    /// - Returns: those that are texts; what is wrong goes to `problems`. None where the list is absent or null.
    package static func read(
        _ json: JSONValue?, _ what: String, most: Int, at pointer: JSONPointer, problems: inout [Problem]
    ) -> [String] {
        func refuse(_ pointer: JSONPointer, _ message: String, _ hint: String) {
            problems.append(Problem(pointer: pointer, message: message, hint: hint))
        }
        guard let json, json != .null else { return [] }
        guard case .array(let elements) = json else {
            refuse(pointer, "\"\(pointer.tokens.last ?? "")\" is \(json.kindText)", "it is a list of \(what)")
            return []
        }
        guard elements.count <= most else {
            refuse(
                pointer, "the list has \(elements.count) elements; at most \(most) are taken",
                "put long lists of users into a pilot group")
            return []
        }
        var texts: [String] = []
        var seen: Set<ExactString> = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else {
                refuse(pointer.appending(index), "an element is \(element.kindText)", "these are \(what)")
                continue
            }
            if !seen.insert(ExactString(text)).inserted {
                refuse(pointer.appending(index), "\"\(text)\" stands twice", "remove one")
            }
            texts.append(text)
        }
        return texts
    }
}
