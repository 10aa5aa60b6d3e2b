import Flags
import HashTreeCollections
import Hummingbird
import JSON
import Replication

/// Components and their versions. Ramps, kills and who gets what are asked as of flags.
extension OperatorAPI {
    var listComponents: Handler {
        { request throws(Refusal) in
            let environment = try environment(request)
            let state = environment.committed
            let page = try PageRequest(request)
            let keys = state.entries.keys.filter { $0.kind == .component }.sorted()
            let (items, next) = page.cut(keys) { $0.name }
            let components = items.map { JSONValue.object(Self.component($0, environment)) }
            return .json(.object(["components": .array(components), "next": next, "revision": state.revision.json]))
                .tagged(EntityTag.of(state.revision, in: environment), for: request)
        }
    }

    var showComponent: Handler {
        { request throws(Refusal) in
            let environment = try environment(request)
            let state = environment.committed
            let key = EntryKey(deciding: try SubjectPath.component.present(request, in: state))
            var component = Self.component(key, environment)
            component["revision"] = state.revision.json
            return .json(.object(component)).tagged(EntityTag.of(key, in: environment), for: request)
        }
    }

    /// The stored definition with its name, every member of a component present, what the shares come to, whether it is
    /// killed, and which release owns it.
    private static func component(_ key: EntryKey, _ environment: EnvironmentState) -> JSONObject {
        let state = environment.committed
        let flagKey = ComponentKey.flagKey(of: key.name)
        let release = OwningRelease(of: flagKey, in: environment)
        let stored = StoredFlag.json(state.bytes(of: key) ?? [])
        var component: JSONObject = ["name": .string(key.name)]
        for member in ComponentDefinition.memberNames {
            component[member] = stored[member] ?? (member == "pilots" ? [] : .null)
        }
        let definition = try? StoredFlag.definition(ofComponent: key.name, in: state)
        let split = definition?.split?.shares ?? []
        let shares = release?.laid(over: split) ?? split
        let rest = shares.reduce(VersionSplit.slots) { $0 - $1.percentage.hundredths }
        component["shares"] = .object(
            JSONObject(members: shares.map { .init(key: $0.version, value: $0.percentage.json) }))
        component["default"] = Percentage(hundredths: rest)?.json ?? .null
        component["killed"] = StoredFlag.kill(of: flagKey, in: state)?.json ?? .null
        component["release"] = release?.json ?? .null
        return component
    }

    var createComponent: Handler {
        { request throws(Refusal) in
            let body = try await request.object(allowed: ["name", "version", "upstream", "message"])
            let version = ComponentVersion(try body.required("version"), upstream: try body.string("upstream"))
            let outcome = try await submit(
                .createComponent(try body.required("name"), version: version), request,
                message: try body.string("message"))
            return Self.published(outcome, status: .created)
        }
    }

    private static let edits = ["defaultVersion", "split", "pilots", "description"]

    var editComponent: Handler {
        { request throws(Refusal) in
            let name = try request.path("component")
            let body = try await request.object(allowed: Self.edits + ["unchecked", "message"])
            guard Self.edits.contains(where: { body[$0] != nil && body[$0] != .null }) else {
                throw Refusal(
                    .invalid, "Nothing to change",
                    detail: "the body has none of " + Self.edits.map { "\"\($0)\"" }.joined(separator: ", "),
                    hint: "to change more of a component at once, apply a document")
            }
            let edit = ComponentEdit(
                defaultVersion: try body.string("defaultVersion"), split: try body.shares("split"),
                pilots: try body.pilots("pilots"), description: try body.string("description"),
                unchecked: try body.bool("unchecked"))
            return Self.published(
                try await submit(.editComponent(name, edit), request, message: try body.string("message")))
        }
    }

    var putVersion: Handler {
        { request throws(Refusal) in
            let name = try request.path("component")
            let body = try await request.object(allowed: ["upstream", "message"], mayBeEmpty: true)
            let version = ComponentVersion(try request.path("version"), upstream: try body.string("upstream"))
            return Self.published(
                try await submit(
                    .putVersion(component: name, version: version), request, message: try body.string("message")))
        }
    }

    var retireVersion: Handler {
        { request throws(Refusal) in
            let kind = ChangeRequest.Kind.retireVersion(
                component: try request.path("component"), version: try request.path("version"))
            return Self.published(try await submit(kind, request, message: request.query("message")))
        }
    }
}

extension JSONObject {
    /// `{"1.0": 90, "1.1": 10}`; nil where it is absent.
    fileprivate func shares(_ name: String) throws(Refusal) -> [VersionSplit.Share]? {
        guard let value = self[name], value != .null else { return nil }
        guard let object = value.objectValue else {
            throw .wrongType(name, "an object, as in {\"1.0\": 90, \"1.1\": 10}")
        }
        try object.refuseMore(than: ComponentDefinition.mostVersions, name)
        var shares: [VersionSplit.Share] = []
        for member in object {
            shares.append(VersionSplit.Share(member.key, try .read(member.value, of: "\(name).\(member.key)")))
        }
        let sum = shares.reduce(0) { $0 + $1.percentage.hundredths }
        guard sum <= VersionSplit.slots else {
            throw Refusal(
                .invalid, "More than everybody",
                detail: "the shares are \(Percentage.text(hundredths: sum)) together",
                hint: "they are 100 % at most; what is left is the default version's")
        }
        return shares
    }

    /// `{"early": "1.1", "staff": null}`
    fileprivate func pilots(_ name: String) throws(Refusal) -> [(pilot: String, version: String?)] {
        guard let value = self[name], value != .null else { return [] }
        let wanted = "an object of versions by pilot group, as in {\"early\": \"1.1\"}; null takes a group out"
        guard let object = value.objectValue else { throw .wrongType(name, wanted) }
        try object.refuseMore(than: ComponentDefinition.mostPilots, name)
        var pilots: [(pilot: String, version: String?)] = []
        for member in object {
            guard member.value == .null || member.value.stringValue != nil else { throw .wrongType(name, wanted) }
            pilots.append((member.key, member.value.stringValue))
        }
        return pilots
    }
}

extension JSONObject {
    /// What a component can't have anyway isn't left to the committer's thread to find out.
    fileprivate func refuseMore(than most: Int, _ name: String) throws(Refusal) {
        guard count > most else { return }
        throw Refusal(
            .invalid, "Too many at once", detail: "\"\(name)\" has \(count) members; \(most) are the most",
            hint: "a component has no more of them")
    }
}

extension Percentage {
    /// - Parameter place: where it stands, for the refusal.
    static func read(_ value: JSONValue, of place: String) throws(Refusal) -> Percentage {
        guard let percentage = Percentage(value) else {
            throw Refusal(
                .invalid, "Not a percentage", detail: "\"\(place)\" is \(value.compactText())",
                hint: "it is a number from 0 to 100, with two decimals at most")
        }
        return percentage
    }
}
