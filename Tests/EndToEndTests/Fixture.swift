import Foundation
import Harness
import JSON

/// The documents beside these tests.
enum Fixture {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures"

    static func path(_ name: String) -> String { directory + "/" + name }

    static func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
    }

    static func json(_ name: String) throws -> JSONValue {
        guard let value = JSONReader.read(try text(name)).value else { throw HarnessError("\(name) isn't JSON") }
        return value
    }

    /// A document of one boolean flag for each key, all with the same default variant.
    static func flags(_ keys: String..., variant: String = "off", description: String = "") -> String {
        let flags = keys.map { key in
            """
            "\(key)": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "\(variant)"\
            \(description.isEmpty ? "" : ", \"description\": \"\(description)\"")}
            """
        }
        return "{\"flags\": {\(flags.joined(separator: ", "))}}"
    }
}

/// One lookup's answer in a form that every protocol's can be brought to.
struct Outcome: Hashable, CustomStringConvertible {
    var value: JSONValue?
    var variant: String?
    var reason: String
    var error: String?

    init(value: JSONValue?, variant: String?, reason: String, error: String? = nil) {
        // A missing value and null are the same to a caller; 1 and 1.0 are the same number.
        self.value = value == .null ? nil : value.map(Self.normalised)
        self.variant = variant
        self.reason = reason
        self.error = error
    }

    private static func normalised(_ value: JSONValue) -> JSONValue {
        switch value {
        case .integer(let number): return .double(Double(number))
        case .array(let items): return .array(items.map(normalised))
        case .object(let object):
            return .object(JSONObject(members: object.map { .init(key: $0.key, value: normalised($0.value)) }))
        default: return value
        }
    }

    var description: String {
        "\(variant ?? "no variant") = \(value?.compactText() ?? "no value"), \(reason)"
            + (error.map { " \($0)" } ?? "")
    }
}
