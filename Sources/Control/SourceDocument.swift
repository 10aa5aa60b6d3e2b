/// A document as it came in: a name to speak of it, and its bytes.
package struct SourceDocument: Sendable {
    package enum Format: Sendable { case json, yaml }

    package var name: String
    package var bytes: [UInt8]
    package var format: Format

    /// Longer documents are refused: member lists stream through their own call.
    package static let maximumBytes = 16 << 20

    /// Without a format, the name's ending tells it; else what the text begins with (JSON documents begin with `{`).
    package init(name: String, bytes: [UInt8], format: Format? = nil) {
        self.name = name
        self.bytes = bytes
        self.format = format ?? Self.guess(name, bytes)
    }

    private static func guess(_ name: String, _ bytes: [UInt8]) -> Format {
        let lower = name.lowercased()
        if lower.hasSuffix(".json") { return .json }
        if lower.hasSuffix(".yaml") || lower.hasSuffix(".yml") { return .yaml }
        let blank: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        return bytes.first { !blank.contains($0) } == UInt8(ascii: "{") ? .json : .yaml
    }
}
