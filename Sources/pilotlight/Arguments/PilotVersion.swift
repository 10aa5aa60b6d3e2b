import ArgumentParser

/// A pilot group and the version that it gets, as one types them: `early-birds=1.1`; `early-birds=` for none.
struct PilotVersion: ExpressibleByArgument {
    var pilot: String
    var version: String?

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        pilot = String(argument[..<equals])
        let version = String(argument[argument.index(after: equals)...])
        self.version = version.isEmpty ? nil : version
    }
}
