import Crypto
import Foundation

/// Signs what a webhook is sent, as the Standard Webhooks specification has it: HMAC-SHA256 over `id.timestamp.body`.
struct StandardWebhook: Sendable {
    private let key: SymmetricKey

    /// `whsec_` and the key's bytes in base64, or any other text, whose bytes are the key. White space around it is none
    /// of it.
    ///
    /// - Returns: nil where nothing is left, or what follows `whsec_` isn't base64.
    init?(secret text: String) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix(Self.prefix) else {
            guard !text.isEmpty else { return nil }
            key = SymmetricKey(data: Data(text.utf8))
            return
        }
        guard let bytes = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))), !bytes.isEmpty else {
            return nil
        }
        key = SymmetricKey(data: bytes)
    }

    private static let prefix = "whsec_"

    /// `v1,` and the signature in base64.
    ///
    /// - Parameter timestamp: of this attempt, in seconds since 1970.
    func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Array("\(id).\(timestamp).".utf8))
        code.update(data: body)
        return "v1," + Data(code.finalize()).base64EncodedString()
    }

    func headers(id: String, timestamp: Int64, body: [UInt8]) -> [(String, String)] {
        [
            ("webhook-id", id), ("webhook-timestamp", "\(timestamp)"),
            ("webhook-signature", signature(id: id, timestamp: timestamp, body: body)),
        ]
    }
}
