import JSON
import Replication

/// How the reason for a blocked environment is stored and shown.
extension Divergence {
    func json(since: UInt64) -> JSONValue {
        .object([
            "reason": .string(kind.rawValue),
            "detail": .string(description),
            "since": .integer(Int64(clamping: since)),
            "heard": heard.json,
            "heardDigest": .string(heardDigest.description),
            "own": own.json,
        ])
    }

    static func read(_ text: String) -> (divergence: Divergence, since: UInt64)? {
        guard let json = JSONReader.read(text).value, let reason = json["reason"]?.stringValue,
            let kind = Kind(rawValue: reason), let since = json["since"]?.integerValue,
            let heard = json["heard"].flatMap({ Revision(json: $0) }),
            let own = json["own"].flatMap({ Revision(json: $0) }),
            let digest = json["heardDigest"]?.stringValue.flatMap({ Digest($0) })
        else { return nil }
        return (Divergence(kind, heard: heard, heardDigest: digest, own: own), UInt64(clamping: since))
    }
}

extension Revision {
    init?(json: JSONValue) {
        guard let counter = json["epoch"]?["counter"]?.integerValue,
            let id = json["epoch"]?["id"]?.stringValue.flatMap({ Hexadecimal.value($0) }),
            let number = json["number"]?.integerValue
        else { return nil }
        self.init(
            epoch: Epoch(counter: UInt64(clamping: counter), id: id), number: UInt64(clamping: number))
    }
}
