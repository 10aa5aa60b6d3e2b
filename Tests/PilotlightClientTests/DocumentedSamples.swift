import PilotlightClient

/// The samples of the documentation, as they stand there; `DocumentationTests` compares and runs them.
enum DocumentedSamples {
    static func first(socket: String) async -> Bool {
        let flags = FlagClient(socketPath: socket)

        let ann = EvaluationContext(targetingKey: "ann")
        let isNew = await flags.boolean("new-checkout", default: false, context: ann)

        await flags.shutdown()
        return isNew
    }

    static func types(_ flags: FlagClient) async -> [FlagValue] {
        let visitor = EvaluationContext(targetingKey: "ann", attributes: ["plan": "gold", "visits": 4])

        let isNew = await flags.boolean("new-checkout", default: false, context: visitor)
        let greeting = await flags.string("greeting", default: "Hello", context: visitor)
        let pageSize = await flags.integer("page-size", default: 20, context: visitor)
        let discount = await flags.double("discount", default: 0.0, context: visitor)
        let layout = await flags.object("layout", default: ["columns": 1], context: visitor)
        let columns = layout["columns"]?.integerValue ?? 1

        return [.boolean(isNew), .string(greeting), .integer(pageSize), .double(discount), .integer(columns)]
    }

    static func details(_ flags: FlagClient, log: (String) -> Void) async {
        let details = await flags.booleanDetails("new-checkout", default: false)
        if let error = details.errorCode {
            log("\(details.key): \(error.rawValue): \(details.errorMessage ?? "")")
        } else {
            log("\(details.key): \(details.value), \(details.reason.rawValue), at \(details.revision?.number ?? 0)")
        }
    }

    static func versions(_ flags: FlagClient) async -> [String?] {
        let visitor = EvaluationContext(targetingKey: "ann")
        let version = await flags.version(of: "checkout", context: visitor)
        let route = await flags.versionDetails(of: "checkout", default: "1.0", context: visitor)
        let upstream = route.metadata["upstream"]?.stringValue
        return [version, route.value, upstream]
    }

    static func deadlines(socket: String) async -> Bool {
        let flags = FlagClient(
            FlagClientConfiguration(
                socketPath: socket, lookupDeadline: .milliseconds(50), maximumInFlight: 1_000))
        let isUrgent = await flags.boolean("urgent", default: false, within: .milliseconds(5))
        await flags.shutdown()
        return isUrgent
    }

    static func follow(_ flags: FlagClient, rebuild: (Int) -> Void) async {
        for await change in flags.changes where change.concerns("page-size") {
            rebuild(await flags.integer("page-size", default: 20))
        }
    }
}
