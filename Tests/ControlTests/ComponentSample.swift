import Flags
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

/// The component that tests build on: `checkout`.
enum ComponentSample {
    static let key = EntryKey(.component, "checkout")
    static let flagKey = ComponentKey.flagKey(of: "checkout")

    /// A document's component of the versions 1.0 and 1.1, with more of its members.
    static func component(
        _ more: String = "", versions: String = #""1.0": {"upstream": "blue"}, "1.1": {"upstream": "green"}"#
    ) -> String {
        #""checkout": {"versions": {\#(versions)}, "defaultVersion": "1.0"\#(more.isEmpty ? "" : ", " + more)}"#
    }

    static func document(_ components: String..., flags: String = "", pilots: String = "") -> String {
        "{\"flags\": {\(flags)}, \"components\": {\n\(components.joined(separator: ",\n"))}, \"pilots\": {\(pilots)}}"
    }

    static let early = #""early": {"members": ["ann"]}"#

    /// A flag that requires a version of the component.
    static func dependent(_ version: String = "1.1", of component: String = "checkout") -> String {
        #""coupons": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "#
            + #""targeting": {"if": [true, "on"]}, "#
            + #""prerequisites": [{"component": "\#(component)", "version": "\#(version)"}]}"#
    }
}

extension ControlFixture {
    /// The component as it is stored.
    var checkout: ComponentDefinition {
        get throws { try StoredFlag.definition(ofComponent: "checkout", in: try production.committed) }
    }

    /// Whatever is deployed.
    @discardableResult
    func edit(_ edit: ComponentEdit) async throws -> ChangeOutcome {
        var edit = edit
        edit.unchecked = true
        return try await submit(.editComponent("checkout", edit))
    }

    /// Which version of the component each of these users gets.
    func versions(of users: [String]) throws -> [String?] {
        var quarantine = Quarantine()
        let set = FlagSet.compiled(from: try production.committed, quarantine: &quarantine)
        #expect(quarantine.reasons.isEmpty)
        return users.map {
            set.evaluate(ComponentSample.flagKey, context: EvaluationContext(targetingKey: $0), unixSeconds: 1).variant
        }
    }
}
