import Flags
import JSON

/// A flag's floors as a launch found them, kept where the lowest had to go for the launch's own.
package struct CoveredFloor: Sendable, Hashable {
    /// The flag key.
    package var flag: String
    package var floor: ReleaseFloor

    package init(flag: String, floor: ReleaseFloor) {
        self.flag = flag
        self.floor = floor
    }

    /// What is left of them below one more.
    var kept: ReleaseFloor { floor.cut(to: ReleaseFloor.deepest - 1) }

    // MARK: As stored

    var json: JSONValue {
        guard let component = ComponentKey.component(of: flag) else {
            return .object(["flag": .string(flag), "floor": floor.json])
        }
        return .object(["component": .string(component), "floor": floor.json])
    }

    /// Nil for another shape.
    init?(_ json: JSONValue) {
        let component = json["component"]?.stringValue.map { ComponentKey.flagKey(of: $0) }
        guard let flag = json["flag"]?.stringValue ?? component,
            let floor = json["floor"].flatMap({ ReleaseFloor($0) })
        else { return nil }
        self.init(flag: flag, floor: floor)
    }
}
