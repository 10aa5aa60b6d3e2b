import Testing

/// A document that must be refused, and what the refusal must say.
struct BadDocument: Sendable, CustomTestStringConvertible {
    var name: String
    var file: String = "bad.json"
    var bytes: [UInt8]
    /// Where it says the problem is.
    var place: String
    /// Part of the reason, in lower case.
    var reason: String

    init(_ name: String, file: String = "bad.json", _ text: String, place: String, reason: String) {
        self.init(name, file: file, bytes: Array(text.utf8), place: place, reason: reason)
    }

    init(_ name: String, file: String = "bad.json", bytes: [UInt8], place: String, reason: String) {
        self.name = name
        self.file = file
        self.bytes = bytes
        self.place = place
        self.reason = reason
    }

    var testDescription: String { name }

    /// One flag `f` on the document's second line, with these members.
    private static func flag(_ members: String) -> String { "{\"flags\": {\n  \"f\": {\(members)}\n}}" }

    private static let sound = "\"state\": \"ENABLED\", \"variants\": {\"on\": true, \"off\": false}"

    private static func targeting(_ rule: String) -> String {
        flag("\(sound), \"defaultVariant\": \"off\",\n    \"targeting\": \(rule)")
    }

    static let all: [BadDocument] = [
        BadDocument("empty file", "", place: "bad.json:1:1", reason: "empty"),
        BadDocument("broken JSON", "{\"flags\": {\n  \"f\": {]}}", place: "bad.json:2:9", reason: "expected"),
        BadDocument("cut off", "{\"flags\": {\n  \"f\": {\"state\": ", place: "bad.json:2:", reason: "end"),
        BadDocument("text after the end", "{\"flags\": {}}\n{}", place: "bad.json:2:1", reason: "after the end"),
        BadDocument("not an object", "[1, 2]", place: "bad.json:1:1", reason: "object"),
        BadDocument("flags is a list of numbers", "{\"flags\":\n [1]}", place: "bad.json:2:", reason: "array"),
        BadDocument(
            "unknown variant as default", flag("\(sound),\n    \"defaultVariant\": \"onn\""), place: "bad.json:3:",
            reason: "onn"),
        BadDocument(
            "mixed types",
            flag(
                "\"state\": \"ENABLED\", \"variants\":\n  {\"on\": true, \"off\": \"no\"}, \"defaultVariant\": \"on\""),
            place: "bad.json:3:", reason: "type"),
        BadDocument(
            "no variants", flag("\"state\": \"ENABLED\", \"variants\": {}, \"defaultVariant\": \"on\""),
            place: "bad.json:2:", reason: "variant"),
        BadDocument(
            "variants missing", flag("\"state\": \"ENABLED\", \"defaultVariant\": \"on\""), place: "bad.json:2:",
            reason: "variants"),
        BadDocument(
            "unknown state", flag("\"state\": \"enabled\",\n \"variants\": {\"on\": true}, \"defaultVariant\": \"on\""),
            place: "bad.json:2:", reason: "enabled"),
        BadDocument(
            "state missing", flag("\"variants\": {\"on\": true}, \"defaultVariant\": \"on\""), place: "bad.json:2:",
            reason: "state"),
        BadDocument(
            "unknown member", flag("\(sound), \"defaultVariant\": \"on\",\n \"killed\": true"), place: "bad.json:3:",
            reason: "killed"),
        BadDocument(
            "unknown operator", targeting("{\"if\": [{\"equals\": [1, 1]}, \"on\", \"off\"]}"), place: "bad.json:3:",
            reason: "equals"),
        BadDocument(
            "unknown pilot group", targeting("{\"if\": [{\"in_pilot\": \"staf\"}, \"on\", \"off\"]}"),
            place: "bad.json:3:", reason: "staf"),
        BadDocument(
            "unknown variant in targeting", targeting("{\"if\": [{\"var\": \"x\"}, \"onn\", \"off\"]}"),
            place: "bad.json:3:", reason: "onn"),
        BadDocument(
            "unknown reference", targeting("{\"if\": [{\"$ref\": \"rule\"}, \"on\", \"off\"]}"), place: "bad.json:3:",
            reason: "rule"),
        BadDocument(
            "in_pilot without a name", targeting("{\"if\": [{\"in_pilot\": 7}, \"on\", \"off\"]}"),
            place: "bad.json:3:", reason: "in_pilot"),
        BadDocument(
            "duplicate flag key",
            "{\"flags\": {\n \"f\": {\(sound), \"defaultVariant\": \"on\"},\n \"f\": {\(sound), "
                + "\"defaultVariant\": \"off\"}}}", place: "bad.json:3:2", reason: "\"f\""),
        BadDocument(
            "duplicate member", flag("\(sound), \"state\": \"DISABLED\", \"defaultVariant\": \"on\""),
            place: "bad.json:2:", reason: "state"),
        BadDocument(
            "empty flag key", "{\"flags\": {\n \"\": {\(sound), \"defaultVariant\": \"on\"}}}", place: "bad.json:2:",
            reason: "empty"),
        BadDocument(
            "number beyond 64 bits",
            flag(
                "\"state\": \"ENABLED\", \"variants\": {\"a\":\n 123456789012345678901234567890}, \"defaultVariant\": \"a\""
            ),
            place: "bad.json:3:2", reason: "64 bits"),
        BadDocument(
            "number beyond a double",
            flag("\"state\": \"ENABLED\", \"variants\": {\"a\":\n 1e400}, \"defaultVariant\": \"a\""),
            place: "bad.json:3:2", reason: "double"),
        BadDocument(
            "null as a variant",
            flag("\"state\": \"ENABLED\", \"variants\": {\"a\":\n null}, \"defaultVariant\": \"a\""),
            place: "bad.json:3:", reason: "null"),
        BadDocument(
            "metadata of the wrong type", flag("\(sound), \"defaultVariant\": \"on\",\n \"metadata\": {\"a\": []}"),
            place: "bad.json:3:", reason: "metadata"),
        BadDocument(
            "members that aren't strings", "{\"pilots\": {\"staff\": {\"members\":\n [\"ann\", 7]}}}",
            place: "bad.json:2:", reason: "member"),
        BadDocument("unknown part", "{\"flags\": {},\n \"rollout\": {}}", place: "bad.json:2:", reason: "rollout"),
        BadDocument(
            "a defect in YAML", file: "bad.yaml",
            "flags:\n  f:\n    state: ENABLED\n    variants: {on: true, off: false}\n    defaultVariant: onn\n",
            place: "bad.yaml:5:", reason: "onn"),
        BadDocument(
            "broken YAML", file: "bad.yaml", "flags:\n  f: [1\n  g: 2\n", place: "bad.yaml:3:", reason: "not yaml"),
        BadDocument(
            "duplicate key in YAML", file: "bad.yaml", "flags:\n  f: {}\n  f: {}\n", place: "bad.yaml:2:",
            reason: "duplicate key \"f\""),
        BadDocument(
            "invalid UTF-8",
            bytes: Array("{\"flags\": {\n \"".utf8) + [0xC3, 0x28] + Array("\": {}}}".utf8), place: "14",
            reason: "utf-8"),
        BadDocument(
            "depth 10,000",
            "{\"flags\": " + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}",
            place: "bad.json:1:", reason: "deep"),
        BadDocument(
            "one byte over 16 MB", bytes: Array("{}".utf8) + [UInt8](repeating: 0x20, count: (16 << 20) - 1),
            place: "bad.json", reason: "16"),
    ]
}
