import Flags
import JSON

/// One version of a component on machines, as a pipeline recorded it.
package struct Deployment: Sendable, Hashable {
    package var component: String
    package var version: String
    /// Where a load balancer finds it.
    package var upstream: String?
    /// The place, such as a cluster or a region; empty where there is one only.
    package var `where`: String
    package var state: DeploymentState
    /// When it came to that state, in milliseconds since 1970.
    package var at: Int64
    package var by: String
    package var message: String
    package var check: DeploymentCheck?

    package init(
        component: String, version: String, upstream: String? = nil, where place: String = "",
        state: DeploymentState = .recorded, at: Int64, by: String, message: String = "", check: DeploymentCheck? = nil
    ) {
        self.component = component
        self.version = version
        self.upstream = upstream
        self.where = place
        self.state = state
        self.at = at
        self.by = by
        self.message = message
        self.check = check
    }

    package static let longestWhereBytes = 128

    /// `checkout 1.4.2`, with ` in eu-west` where a place is named.
    package var title: String { "\(component) \(version)" + (`where`.isEmpty ? "" : " in \(`where`)") }

    /// What one deployment is known by: no part can hold a space or a slash but the last.
    package var key: String { "\(component)/\(version)/\(`where`)" }

    /// After a check: verified, or failed.
    package mutating func take(_ check: DeploymentCheck, by: String, message: String) {
        self.check = check
        state = check.passed ? .verified : .failed
        at = check.at
        self.by = by
        self.message = message
    }

    package mutating func retire(at: Int64, by: String, message: String) {
        state = .retired
        self.at = at
        self.by = by
        self.message = message
    }

    /// Why `place` can't be where something is deployed; nil if it can.
    package static func fault(inWhere place: String) -> String? {
        if place.utf8.count > longestWhereBytes {
            return "the place has \(place.utf8.count) bytes; at most \(longestWhereBytes) are taken"
        }
        if place.unicodeScalars.contains(where: { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }) {
            return "the place holds a control character"
        }
        return nil
    }

    /// Stored and shown.
    package var json: JSONValue {
        .object([
            "component": .string(component), "version": .string(version),
            "upstream": upstream.map { .string($0) } ?? .null, "where": .string(`where`),
            "state": .string(state.rawValue), "at": .string(Timestamp.text(milliseconds: at)), "by": .string(by),
            "message": .string(message), "check": check?.json ?? .null,
        ])
    }

    /// Nil for another shape.
    package init?(stored json: JSONValue) {
        guard let component = json["component"]?.stringValue, let version = json["version"]?.stringValue,
            let place = json["where"]?.stringValue,
            let state = json["state"]?.stringValue.flatMap({ DeploymentState(rawValue: $0) }),
            let at = json["at"]?.stringValue.flatMap({ Timestamp.milliseconds(of: $0) }),
            let by = json["by"]?.stringValue, let message = json["message"]?.stringValue
        else { return nil }
        self.init(
            component: component, version: version, upstream: json["upstream"]?.stringValue, where: place,
            state: state, at: at, by: by, message: message, check: json["check"].flatMap { DeploymentCheck($0) })
    }
}
