import JSON

/// Reads what control wrote.
enum StoredJSON {
    static func value(_ bytes: [UInt8], _ title: String) throws(NotCompilable) -> JSONValue {
        let text = JSONReader.read(bytes)
        guard let json = text.value, text.problems.isEmpty else {
            throw NotCompilable(title, reason: text.problems.first?.description ?? "no JSON")
        }
        return json
    }

    static func object(_ bytes: [UInt8], _ title: String) throws(NotCompilable) -> JSONObject {
        guard case .object(let object) = try value(bytes, title) else {
            throw NotCompilable(title, reason: "it is no JSON object")
        }
        return object
    }
}
