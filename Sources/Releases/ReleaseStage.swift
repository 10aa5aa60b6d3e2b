import Flags
import JSON

/// One step of a release on its way to everyone.
package struct ReleaseStage: Sendable, Hashable {
    package var name: String
    /// Groups that get the release from here on; those of the stages before go on having it.
    package var pilots: [String]
    /// Of those who are in none of the groups; never less than at the stage before.
    package var percentage: Percentage
    /// How long it lasts at least.
    package var minimumSeconds: Int64
    /// Goes on to the next stage, or after the last one to launch, once the minimum is over and the gate is green.
    package var advancesByItself: Bool

    package init(
        name: String, pilots: [String] = [], percentage: Percentage = .none, minimumSeconds: Int64 = 0,
        advancesByItself: Bool = false
    ) {
        self.name = name
        self.pilots = pilots
        self.percentage = percentage
        self.minimumSeconds = minimumSeconds
        self.advancesByItself = advancesByItself
    }

    package static let memberNames = ["name", "pilots", "percentage", "minimum", "advance"]
    package static let longestNameBytes = 64
    /// A year.
    package static let longestMinimumSeconds: Int64 = 366 * 86_400

    package static let byItself = "by-itself"
    package static let byHand = "by-hand"

    package var json: JSONValue {
        var object: JSONObject = ["name": .string(name)]
        if !pilots.isEmpty { object["pilots"] = .array(pilots.map { .string($0) }) }
        object["percentage"] = percentage.json
        object["minimum"] = .string(DurationText.text(of: minimumSeconds))
        object["advance"] = .string(advancesByItself ? Self.byItself : Self.byHand)
        return .object(object)
    }

    /// What a stage without a name is called: `10 %`, or its groups where these alone are new.
    ///
    /// - Parameter isMore: than the stage before has.
    static func name(pilots: [String], percentage: Percentage, isMore: Bool) -> String {
        let name = pilots.isEmpty || isMore ? percentage.text : pilots.joined(separator: ", ")
        return name.utf8.count > longestNameBytes ? "\(pilots.count) pilot groups" : name
    }
}
