import Foundation
import Hummingbird
import Logging

/// The whole store, as it stands at one commit, while changes go on.
extension OperatorAPI {
    var backup: Handler {
        { request throws(Refusal) in
            let path = dataDirectory + "/backup-\(UUID().uuidString).sqlite"
            let remove: @Sendable () -> Void = { try? FileManager.default.removeItem(atPath: path) }
            let body: ResponseBody
            do {
                try await store.copy(to: path)
                body = try await FileIO().loadFile(path: path, context: request.context)
            } catch {
                remove()
                logger.error("a backup could not be made", metadata: ["error": "\(error)"])
                throw Refusal(
                    .failed, "Backup failed", detail: "\(error)",
                    hint: "the data directory needs room for a second copy of the store while one is made")
            }
            let sent = ResponseBody(contentLength: body.contentLength) { writer in
                defer { remove() }
                try await body.write(writer)
            }
            return APIResponse(status: .ok, contentType: "application/vnd.sqlite3", body: sent)
        }
    }
}
