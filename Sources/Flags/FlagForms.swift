import JSON

/// A definition in the forms that a flag is made of: as it was written, and compiled.
struct FlagForms: Sendable {
    var definition: FlagDefinition
    /// What the flag was made of, if it is a component.
    var component: ComponentDefinition?
    var rules: FlagRules
    /// The pilot groups that its rules ask about.
    var pilotsUsed: Set<String>

    var rollout: Rollout? { component?.rollout ?? definition.rollout }

    /// Anything that could give two users two answers.
    var hasRules: Bool { component?.hasRules ?? definition.hasRules }

    init(_ definition: FlagDefinition, _ rules: FlagRules, pilotsUsed: Set<String>) {
        self.definition = definition
        self.rules = rules
        self.pilotsUsed = pilotsUsed
    }

    /// Read leniently, since control has decided already.
    ///
    /// - Parameter key: the flag key, of a component too.
    init(_ key: String, _ json: JSONValue) throws(NotCompilable) {
        let title = ComponentKey.title(of: key)
        guard let name = ComponentKey.component(of: key) else {
            var reader = FlagReader(lenient: true, checksResults: false)
            guard let (definition, rules) = reader.read(key: key, json, at: JSONPointer()) else {
                throw NotCompilable(title, reader.problems)
            }
            self.init(definition, rules, pilotsUsed: Set(reader.pilotUses.map(\.name)))
            return
        }
        var reader = ComponentReader(lenient: true)
        guard let component = reader.read(name, json, at: JSONPointer()), component.wantedShares == nil else {
            throw NotCompilable(title, reader.problems)
        }
        self.init(component.flag, reader.rules(of: component), pilotsUsed: component.pilotsNamed)
        self.component = component
    }
}
