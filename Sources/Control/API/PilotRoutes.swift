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
                var pilot = Self.pilot(key, state)
                pilot["members"] = .integer(Int64(state.pilots[key.name]?.count ?? 0))
                return .object(pilot)
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
            var pilot = Self.pilot(key, state)
            pilot["members"] = .array(members.map { .string($0) })
            pilot["next"] = members.count < found.count ? members.last.map { .string($0) } ?? .null : .null
            pilot["count"] = .integer(Int64(state.pilots[name]?.count ?? 0))
            let (flags, components) = environment.references.flags(using: name).subjects
            pilot["flags"] = .array(flags.map { .string($0) })
            pilot["components"] = .array(components.map { .string($0) })
            pilot["revision"] = state.revision.json
            return .json(.object(pilot)).tagged(EntityTag.of(key, in: state), for: request)
        }
    }

    /// The name and the stored definition, every member of a group but its list present.
    private static func pilot(_ key: EntryKey, _ state: ReplicatedState) -> JSONObject {
        let stored = StoredFlag.json(state.bytes(of: key) ?? [])
        return [
            "name": .string(key.name), "rule": stored["rule"] ?? .null, "percentage": stored["percentage"] ?? .null,
            "exclude": stored["exclude"] ?? [],
        ]
    }

    private static let terms = ["rule", "percentage", "exclude"]

    /// What a group has besides members, as far as the body gives it.
    private static func terms(in body: JSONObject) -> JSONObject {
        JSONObject(members: body.filter { terms.contains($0.key) })
    }

    var createPilot: Handler {
        { request throws(Refusal) in
            let body = try await request.object(allowed: ["name", "message"] + Self.terms)
            let outcome = try await submit(
                .createPilot(try body.required("name"), terms: Self.terms(in: body)), request,
                message: try body.string("message"))
            return Self.published(outcome, status: .created)
        }
    }

    var editPilot: Handler {
        { request throws(Refusal) in
            let pilot = try request.path("pilot")
            let body = try await request.object(allowed: Self.terms + ["message"])
            let terms = Self.terms(in: body)
            guard !terms.isEmpty else {
                throw Refusal(
                    .malformed, "Nothing to change",
                    detail: "the body has neither \"rule\" nor \"percentage\" nor "
                        + "\"exclude\"", hint: "give what is to be replaced; null takes it out")
            }
            return Self.published(
                try await submit(.editPilot(pilot, terms: terms), request, message: try body.string("message")))
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
