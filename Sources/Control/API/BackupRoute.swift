import Foundation
import Hummingbird
import Logging

/// The whole store, as it stands at one commit, while changes go on.
extension OperatorAPI {
    var backup: Handler {
        { request throws(Refusal) in
            let copy = BackupCopy(in: dataDirectory)
            let body: ResponseBody
            do {
                try await store.copy(to: copy.path)
                body = try await FileIO().loadFile(path: copy.path, context: request.context)
            } catch {
                copy.remove()
                logger.error("a backup could not be made", metadata: ["error": "\(error)"])
                throw Refusal(
                    .failed, "Backup failed", detail: "\(error)",
                    hint: "the data directory needs room for a second copy of the store while one is made")
            }
            let sent = ResponseBody(contentLength: body.contentLength) { writer in
                defer { copy.remove() }
                try await body.write(writer)
            }
            return APIResponse(status: .ok, contentType: "application/vnd.sqlite3", body: sent)
        }
    }
}

/// A copy of the store on its way out of the data directory.
struct BackupCopy: Sendable {
    let path: String

    private static let prefix = ".backup-being-sent-"

    init(in directory: String) { path = "\(directory)/\(Self.prefix)\(UUID().uuidString).sqlite" }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// What a node that was killed left behind.
    static func removeAll(in directory: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in names where name.hasPrefix(prefix) {
            try? FileManager.default.removeItem(atPath: directory + "/" + name)
        }
    }
}
