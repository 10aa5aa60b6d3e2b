import JSON

/// Turns a document's bytes into one JSON value, whatever it is written in, and finds the place of a pointer in it.
package struct DocumentReader {
    package let document: SourceDocument
    /// Nil where the text can't be read at all; `problems` then says why.
    package let root: JSONValue?
    package let problems: [PlacedProblem]
    private let yaml: YAMLDocument?

    package init(_ document: SourceDocument) {
        self.document = document
        guard document.bytes.count <= SourceDocument.maximumBytes else {
            root = nil
            yaml = nil
            problems = [
                PlacedProblem(
                    document: document.name,
                    message:
                        "\(document.bytes.count) bytes; a document may have \(SourceDocument.maximumBytes) (16 MiB)",
                    hint: "split it; long member lists go through the pilot members call, in portions")
            ]
            return
        }
        switch document.format {
        case .json:
            let (value, found) = JSONReader.read(document.bytes)
            root = value
            yaml = nil
            problems = found.map {
                PlacedProblem(document: document.name, position: $0.position, message: $0.reason)
            }
        case .yaml:
            let read = YAMLDocument(document.bytes)
            yaml = read
            root = read.value
            problems = read.problems.map {
                PlacedProblem(document: document.name, position: $0.position, message: $0.reason, hint: $0.hint)
            }
        }
    }

    /// The place of the value that `pointer` names; where there is none, the nearest one around it.
    package func position(of pointer: JSONPointer) -> JSONPosition? {
        var tokens = pointer.tokens
        while true {
            var part = JSONPointer()
            for token in tokens { part = part.appending(token) }
            let found =
                switch document.format {
                case .json: JSONLocator.position(of: part, in: document.bytes)
                case .yaml: yaml?.position(of: tokens)
                }
            if let found { return found }
            guard !tokens.isEmpty else { return nil }
            tokens.removeLast()
        }
    }
}
