import Flags
import JSON
import PilotlightClient

/// Asks one agent for a component's version, as services do: OFREP knows flags and nothing else.
struct VersionLookup {
    var socket: String

    /// In the members of OFREP's answers, with `component` and `version` in the place of `key` and `variant`.
    func version(
        of component: String, targetingKey: String?, context: JSONObject
    ) async throws -> SocketLookup.Answer {
        try SocketLookup.check(path: socket)
        if let fault = ComponentDefinition.fault(inName: component) {
            throw CommandRefusal(fault, hint: "`pilotlight component list` shows the names")
        }
        let client = FlagClient(FlagClientConfiguration(socketPath: socket, lookupDeadline: .seconds(10)))
        let user = PilotlightClient.EvaluationContext(
            targetingKey: targetingKey,
            attributes: Dictionary(context.map { ($0.key, FlagValue($0.value)) }, uniquingKeysWith: { _, last in last })
        )
        let details = await ProgressLine.during("waiting for the agent on \(socket)") { _ in
            await client.versionDetails(of: component, default: "", context: user)
        }
        await client.shutdown()
        guard let staleness = details.staleness else {
            throw SocketLookup.unreachable(socket, details.errorMessage ?? "no answer")
        }
        var body: JSONObject = ["component": .string(component)]
        if let code = details.errorCode {
            body["errorCode"] = .string(code.rawValue)
            body["errorDetails"] = .string(details.errorMessage ?? "")
        } else {
            let metadata = JSONObject(
                members: details.metadata.sorted { $0.key < $1.key }.map {
                    .init(key: $0.key, value: $0.value.json ?? .null)
                })
            body["version"] = .string(details.value)
            body["reason"] = .string(details.reason.rawValue)
            body["upstream"] = metadata["upstream"] ?? .null
            body["metadata"] = .object(metadata)
        }
        return SocketLookup.Answer(
            status: 200, body: .object(body),
            freshness: SocketLookup.Freshness(
                revision: Self.json(details.revision), isStale: staleness.isStale))
    }

    /// As the operator API writes it.
    private static func json(_ revision: FlagRevision?) -> JSONValue {
        let digits = String(revision?.epochID ?? 0, radix: 16)
        return [
            "epoch": [
                "counter": .integer(Int64(clamping: revision?.epochCounter ?? 0)),
                "id": .string(String(repeating: "0", count: 16 - digits.count) + digits),
            ],
            "number": .integer(Int64(clamping: revision?.number ?? 0)),
        ]
    }
}
