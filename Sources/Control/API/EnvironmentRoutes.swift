import Flags
import HashTreeCollections
import Hummingbird
import JSON
import Replication

/// Environments and their epochs.
extension OperatorAPI {
    var listEnvironments: Handler {
        { [published] _ in .json(.object(["environments": .array(published.all.map(\.json))])) }
    }

    var showEnvironment: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            return .json(state.json).tagged(EntityTag.of(state.committed.revision), for: request)
        }
    }

    var createEnvironment: Handler {
        { request throws(Refusal) in
            let body = try await request.object(allowed: ["name", "bucketing", "message"])
            let name = try body.required("name")
            guard Self.isEnvironmentName(name) else {
                throw Refusal(
                    .invalid, "Not an environment's name", detail: "\"\(name)\" can't name an environment",
                    hint: "1 to 63 of a-z, A-Z, 0-9, -, _ and ., beginning with a letter or digit")
            }
            let text = try body.string("bucketing") ?? Bucketing.v2.rawValue
            guard let bucketing = Bucketing(rawValue: text) else {
                throw Refusal(
                    .invalid, "Unknown bucketing", detail: "there is no bucketing \"\(text)\"", hint: "v2 or v3")
            }
            let made = try await committer.createEnvironment(
                name, bucketing, actor: request.actor, message: try Self.checked(try body.string("message")))
            return .json(made.json, status: .created)
        }
    }

    private static func isEnvironmentName(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        guard (1...63).contains(name.utf8.count), let first = name.utf8.first, isAlphanumeric(first) else {
            return false
        }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    // MARK: A new epoch

    var previewEpoch: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            // The id of an epoch is drawn when it begins.
            let next = state.log.nextEpoch(id: 0, heard: registry.heard(in: state.name))
            return .json(.object(preview(state, next)))
        }
    }

    var beginEpoch: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let body = try await request.object(allowed: ["confirm", "message"])
            let heard = registry.heard(in: state.name)
            guard try body.bool("confirm") else {
                throw Refusal(
                    .malformed, "Not confirmed",
                    detail:
                        "a new epoch makes every agent of \(state.name) take this node's \(state.committed.entryCount) "
                        + "entries in place of its own", hint: "send {\"confirm\": true}",
                    members: preview(state, state.log.nextEpoch(id: 0, heard: heard)))
            }
            // Before: what is given up by it.
            var answer = preview(state, state.committed.revision)
            let begun = try await committer.beginEpoch(
                state.name, heard: heard, actor: request.actor, message: try Self.checked(try body.string("message")))
            answer["revision"] = begun.committed.revision.json
            answer["next"] = begun.committed.revision.json
            return .json(.object(answer))
        }
    }

    private func preview(_ state: EnvironmentState, _ next: Revision) -> JSONObject {
        [
            "current": state.committed.revision.json,
            "digest": .string(state.committed.digest.description),
            "entries": .integer(Int64(state.committed.entryCount)),
            "blocked": state.blockedJSON,
            "next": next.json,
            "agents": FleetView(own: state.committed, entries: registry.fleet(of: state.name)).previewJSON,
        ]
    }
}

extension EnvironmentState {
    var json: JSONValue {
        func count(_ kind: EntryKind) -> JSONValue {
            .integer(Int64(committed.entries.keys.lazy.filter { $0.kind == kind }.count))
        }
        return .object([
            "name": .string(name), "bucketing": .string(bucketing.rawValue), "revision": committed.revision.json,
            "digest": .string(committed.digest.description), "flags": count(.flag),
            "components": count(.component), "pilots": count(.pilot), "entries": .integer(Int64(committed.entryCount)),
            "blocked": blockedJSON,
        ])
    }

    var blockedJSON: JSONValue { log.blocked.map { $0.json(since: blockedSince ?? 0) } ?? .null }
}
