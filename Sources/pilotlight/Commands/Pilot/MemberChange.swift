import ArgumentParser
import Foundation
import JSON

/// The members a `pilot add` or `pilot remove` speaks of: named on the command line, or one to a line in a file.
struct MemberArguments: ParsableArguments {
    @Argument(help: "The pilot group's name.") var name: String
    @Argument(help: "Targeting keys.") var members: [String] = []
    @Option(name: .customLong("from"), help: "Read members from FILE, one to a line; - is standard input.")
    var file: String?

    func validate() throws {
        guard !members.isEmpty || file != nil else {
            throw ValidationError("Name a member, or a file of members with --from.")
        }
    }

    func all() throws -> [String] {
        guard let file else { return members }
        let data: Data
        do {
            data =
                file == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw CommandRefusal(
                "\(file) can't be read: \(error.localizedDescription)", hint: "check its path and its mode")
        }
        let text = try InputFile.text(Array(data), name: file)
        return members + text.split(whereSeparator: \.isNewline).map(String.init)
    }
}

/// Sends members in requests of bounded size, so that a group of any size can be changed. Each request is one change of
/// its own: after a failure those before it stand.
struct MemberChange {
    static let largestChunk = 5_000
    static let largestChunkBytes = 512 << 10

    /// `add` or `remove`.
    var verb: String
    var environment: String
    var arguments: MemberArguments
    var message: MessageOption

    func send(to control: OperatorClient) async throws -> JSONValue {
        var total: Int64 = 0
        var published = false
        var last = JSONValue.null
        let members = try arguments.all()
        guard !members.isEmpty else {
            throw CommandRefusal("\(arguments.file ?? "the command") names no members", hint: "write one to a line")
        }
        for chunk in Self.chunks(of: members) {
            do {
                last = try await control.post(
                    "environments", environment, "pilots", arguments.name, "members",
                    body: message.added(to: [verb: .array(chunk.map { .string($0) })]))
            } catch let problem as ProblemDetails where published {
                let revision = RevisionText.full(last["revision"])
                throw CommandRefusal(
                    "\(problem)\nearlier parts of the list are published: \(total) members up to \(revision)",
                    hint: "mend the list and repeat the command: members that are done already change nothing")
            }
            total += last["changed"]?.integerValue ?? 0
            published = published || last["published"]?.boolValue == true
        }
        return .object([
            "revision": last["revision"] ?? .null, "published": .bool(published), "changed": .integer(total),
        ])
    }

    static func chunks(of members: [String]) -> [[String]] {
        var chunks: [[String]] = []
        var current: [String] = []
        var bytes = 0
        for member in members {
            if current.count == largestChunk || (bytes + member.utf8.count > largestChunkBytes && !current.isEmpty) {
                chunks.append(current)
                current = []
                bytes = 0
            }
            current.append(member)
            bytes += member.utf8.count
        }
        if !current.isEmpty { chunks.append(current) }
        return chunks
    }
}
