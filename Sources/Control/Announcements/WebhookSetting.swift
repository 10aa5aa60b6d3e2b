import Foundation
import Outbound

/// Where announcements are sent, and what they are signed with.
package struct WebhookSetting: Sendable {
    /// An `HTTPAddress`.
    package var url: String
    /// Holds `whsec_` and the key in base64, or any text. Read once, at the start; never logged.
    package var secretFile: String

    package init(url: String, secretFile: String) {
        self.url = url
        self.secretFile = secretFile
    }

    /// What signs; throws where the setting can't be used.
    func signer() throws(ControlError) -> StandardWebhook {
        do throws(HTTPAddress.Problem) {
            _ = try HTTPAddress(url)
        } catch {
            throw .webhook(reason: "\(shownURL): \(error)")
        }
        let text: String
        do {
            text = try String(contentsOfFile: secretFile, encoding: .utf8)
        } catch {
            throw .webhook(
                reason: "the secret in \(secretFile) can't be read: \((error as NSError).localizedDescription)")
        }
        guard let signer = StandardWebhook(secret: text) else {
            throw .webhook(reason: "\(secretFile) holds no secret: any text, or whsec_ and base64")
        }
        return signer
    }

    /// Without what may be secret in it: credentials, and the query.
    var shownURL: String {
        guard var parts = URLComponents(string: url) else { return "the URL" }
        parts.user = nil
        parts.password = nil
        if parts.query != nil { parts.query = "…" }
        return parts.string ?? "the URL"
    }
}
