import HashTreeCollections
import Hummingbird
import JSON
import Replication

/// Pilot groups and their members.
extension OperatorAPI {
    var listPilots: Handler {
        { request throws(Refusal) in
            let state = try environment(request).committed
            let page = try PageRequest(request)
            let keys = state.entries.keys.filter { $0.kind == .pilot }.sorted()
            let (items, next) = page.cut(keys) { $0.name }
            let pilots = items.map { key -> JSONValue in
                .object(["name": .string(key.name), "members": .integer(Int64(state.pilots[key.name]?.count ?? 0))])
            }
            return .json(.object(["pilots": .array(pilots), "next": next, "revision": state.revision.json]))
                .tagged(EntityTag.of(state.revision), for: request)
        }
    }

    var showPilot: Handler {
        { request throws(Refusal) in
            let environment = try environment(request)
            let state = environment.committed
            let name = try request.path("pilot")
            let key = EntryKey(.pilot, name)
            guard state.entries[key] != nil else { throw .unknownPilot(name, in: state) }
            let page = try PageRequest(request)
            // Sorted on disk: a page of a million members costs a page.
            let found = try await read {
                try await $0.members(of: name, in: environment.id, after: page.after, limit: page.limit + 1)
            }
            let members = found.prefix(page.limit)
            return .json(
                .object([
                    "name": .string(name), "members": .array(members.map { .string($0) }),
                    "next": members.count < found.count ? members.last.map { .string($0) } ?? .null : .null,
                    "count": .integer(Int64(state.pilots[name]?.count ?? 0)),
                    "flags": .array(environment.references.flags(using: name).map { .string($0) }),
                    "revision": state.revision.json,
                ])
            ).tagged(EntityTag.of(key, in: state), for: request)
        }
    }

    var createPilot: Handler {
        { request throws(Refusal) in
            let body = try await request.object(allowed: ["name", "message"])
            let outcome = try await submit(
                .createPilot(try body.required("name")), request, message: try body.string("message"))
            return Self.published(outcome, status: .created)
        }
    }

    var deletePilot: Handler {
        { request throws(Refusal) in
            Self.published(
                try await submit(.deletePilot(try request.path("pilot")), request, message: request.query("message")))
        }
    }

    var changeMembers: Handler {
        { request throws(Refusal) in
            let pilot = try request.path("pilot")
            let body = try await request.object(allowed: ["add", "remove", "message"])
            let kind: ChangeRequest.Kind
            switch (try body.strings("add"), try body.strings("remove")) {
            case (let members?, nil): kind = .addMembers(pilot: pilot, members)
            case (nil, let members?): kind = .removeMembers(pilot: pilot, members)
            default:
                throw Refusal(
                    .malformed, "One list, please", detail: "the body must have either \"add\" or \"remove\"",
                    hint: "give a list of members, as services send them for targeting key")
            }
            let outcome = try await submit(kind, request, message: try body.string("message"))
            return outcome.answer(["changed": .integer(Int64(outcome.changedMembers))])
        }
    }
}
