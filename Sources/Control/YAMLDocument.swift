import JSON
import Yams

/// A YAML document read as JSON.
///
/// Plain scalars follow YAML 1.2's core schema: null, true, false, numbers; everything else is a string. So `yes`, `no`,
/// `on` and `off`, common names of variants, stay the strings they look like, and what is quoted is always a string.
/// Duplicate keys, several documents in one text, merge keys and tags other than the core ones are refused. Anchors and
/// aliases are read, within bounds on what they expand to.
struct YAMLDocument {
    struct Problem {
        var position: JSONPosition?
        var reason: String
        var hint: String?
    }

    private(set) var value: JSONValue?
    private(set) var problems: [Problem] = []
    private var root: Node?

    static let maximumDepth = 128
    /// What aliases may expand a document to, in values.
    static let maximumValues = 1_000_000

    init(_ bytes: [UInt8]) {
        guard let text = decoded(bytes) else { return }
        do {
            // The basic resolver leaves scalars alone: ours decides. (Yams' own knows `on` as true, as YAML 1.1 did.)
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let node = try parser.singleRoot() else {
                problems.append(Problem(reason: "the document is empty", hint: "give at least `flags: {}`"))
                return
            }
            root = node
            var left = Self.maximumValues
            var characters = SourceDocument.maximumBytes
            value = convert(node, depth: 0, values: &left, characters: &characters)
            if !problems.isEmpty { value = nil }
        } catch let error as YamlError {
            problems.append(Self.problem(of: error))
        } catch {
            problems.append(Problem(reason: "\(error)"))
        }
    }

    /// Line and column of the value that the tokens lead to.
    func position(of tokens: [String]) -> JSONPosition? {
        guard var node = root else { return nil }
        for token in tokens {
            switch node {
            case .mapping(let mapping):
                guard let next = mapping.first(where: { $0.key.scalar?.string == token })?.value else { return nil }
                node = next
            case .sequence(let sequence):
                guard let index = Int(token), sequence.indices.contains(index) else { return nil }
                node = sequence[index]
            default: return nil
            }
        }
        return Self.position(node)
    }

    // MARK: Reading

    private mutating func decoded(_ bytes: [UInt8]) -> String? {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var offset = 0
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            offset = error.byteOffsets.lowerBound
        }
        let before = bytes[..<offset]
        let line = before.count { $0 == 0x0A } + 1
        let lineStart = (before.lastIndex(of: 0x0A) ?? -1) + 1
        problems.append(
            Problem(
                position: JSONPosition(line: line, column: offset - lineStart + 1),
                reason: "not UTF-8 from byte \(offset) on", hint: "save the file as UTF-8"))
        return nil
    }

    private mutating func convert(
        _ node: Node, depth: Int, values: inout Int, characters: inout Int
    ) -> JSONValue? {
        guard depth <= Self.maximumDepth else {
            return fail(node, "nested deeper than \(Self.maximumDepth) levels")
        }
        values -= 1
        guard values > 0, characters > 0 else {
            // Said once: every further value would say it again.
            if values == 0 || characters <= 0 {
                values = -1
                characters = 1
                return fail(node, "aliases expand this document beyond \(Self.maximumValues) values or 16 MiB")
            }
            return nil
        }
        switch node {
        case .scalar(let scalar):
            characters -= scalar.string.utf8.count
            return self.scalar(scalar, node)
        case .sequence(let sequence):
            var items: [JSONValue] = []
            items.reserveCapacity(sequence.count)
            for item in sequence {
                guard let value = convert(item, depth: depth + 1, values: &values, characters: &characters) else {
                    if values < 0 { return nil }
                    continue
                }
                items.append(value)
            }
            return .array(items)
        case .mapping(let mapping):
            var members: [JSONObject.Member] = []
            members.reserveCapacity(mapping.count)
            for (keyNode, valueNode) in mapping {
                guard case .scalar(let key) = keyNode else {
                    _ = fail(keyNode, "a key must be a plain or quoted string")
                    continue
                }
                guard key.string != "<<" || key.style != .plain else {
                    _ = fail(keyNode, "merge keys (<<) aren't read", hint: "write the members out")
                    continue
                }
                characters -= key.string.utf8.count
                guard let value = convert(valueNode, depth: depth + 1, values: &values, characters: &characters)
                else {
                    if values < 0 { return nil }
                    continue
                }
                members.append(JSONObject.Member(key: key.string, value: value))
            }
            return .object(JSONObject(members: members))
        case .alias:
            return fail(node, "an alias that leads nowhere")
        }
    }

    private mutating func scalar(_ scalar: Node.Scalar, _ node: Node) -> JSONValue? {
        let tag = node.scalarTagName
        if tag == "tag:yaml.org,2002:str" || tag == "!" { return .string(scalar.string) }
        guard tag.isEmpty || tag == "?" || tag.hasPrefix("tag:yaml.org,2002:") else {
            return fail(node, "the tag \(tag) isn't known", hint: "leave tags out")
        }
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        switch PlainScalar.read(scalar.string) {
        case .value(let value): return value
        case .problem(let reason): return fail(node, reason, hint: "quote it if it is meant as text")
        }
    }

    private mutating func fail(_ node: Node, _ reason: String, hint: String? = nil) -> JSONValue? {
        problems.append(Problem(position: Self.position(node), reason: reason, hint: hint))
        return nil
    }

    private static func position(_ node: Node) -> JSONPosition? {
        node.mark.map { JSONPosition(line: $0.line, column: $0.column) }
    }

    private static func problem(of error: YamlError) -> Problem {
        func at(_ mark: Mark) -> JSONPosition { JSONPosition(line: mark.line, column: mark.column) }
        return switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            Problem(position: at(mark), reason: "not YAML: \(problem)")
        case .reader(let problem, let offset, _, _):
            Problem(reason: "not YAML: \(problem)" + (offset.map { " at character \($0)" } ?? ""))
        case .duplicatedKeysInMapping(let keys, let context):
            Problem(
                position: at(context.mark),
                reason: "duplicate key " + keys.map { "\"\($0)\"" }.joined(separator: ", "),
                hint: "a key may stand once; which one was meant can't be guessed")
        default: Problem(reason: "not YAML: \(error)")
        }
    }
}

extension Node {
    /// The tag as written, resolved to its full name; empty where there is none.
    fileprivate var scalarTagName: String {
        guard case .scalar(let scalar) = self else { return "" }
        let name = scalar.tag.description
        return name
    }
}
