import ArgumentParser
import JSON

/// Where a version is found.
struct UpstreamOption: ParsableArguments {
    @Option(
        name: .customLong("upstream"),
        help: "What load balancers are told of it: a name that their configuration knows, or an address.")
    var name: String?

    /// `body` with the upstream, if there is one.
    func added(to body: JSONObject) -> JSONObject {
        var body = body
        if let name { body["upstream"] = .string(name) }
        return body
    }
}
