import JSON

/// One version of a component.
package struct ComponentVersion: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        case active = "ACTIVE"
        /// Served to nobody: whatever names it gives the default version.
        case retired = "RETIRED"
    }

    package var name: String
    /// Where a load balancer finds it: a name that its configuration knows, or an address.
    package var upstream: String?
    package var state: State

    package init(_ name: String, upstream: String? = nil, state: State = .active) {
        self.name = name
        self.upstream = upstream
        self.state = state
    }

    package static let longestNameBytes = 64
    package static let longestUpstreamBytes = 256

    /// As a component's `versions` has it, the name not inside.
    var json: JSONValue {
        var object = JSONObject()
        if let upstream { object["upstream"] = .string(upstream) }
        if state != .active { object["state"] = .string(state.rawValue) }
        return .object(object)
    }

    /// Why `name` can't name a version; nil if it can.
    package static func fault(inName name: String) -> String? {
        if name.isEmpty { return "a version's name can't be empty" }
        if name.utf8.count > longestNameBytes {
            return "the version's name has \(name.utf8.count) bytes; at most \(longestNameBytes) are taken"
        }
        let marks: [UInt8] = [".", "_", "-", "+"].map { UInt8(ascii: $0) }
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || marks.contains(byte)
        }
        return isPlain ? nil : "\"\(name)\" can't name a version: letters a–z and A–Z, digits and . _ + -"
    }

    /// Why `upstream` can't be one; nil if it can. It goes into the header of an answer.
    package static func fault(inUpstream upstream: String) -> String? {
        if upstream.isEmpty { return "an upstream can't be empty" }
        if upstream.utf8.count > longestUpstreamBytes {
            return "the upstream has \(upstream.utf8.count) bytes; at most \(longestUpstreamBytes) are taken"
        }
        return upstream.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            ? nil : "\"\(upstream)\" can't be an upstream: printable ASCII without spaces, as in blue or 10.0.0.7:8080"
    }

    /// The older one first: semantic versions by semantic versioning, and behind them all others by bytes. Names that are
    /// one and the same version go by bytes too.
    package static func precedes(_ a: String, _ b: String) -> Bool {
        switch (SemanticVersion(a), SemanticVersion(b)) {
        case (let left?, let right?):
            let order = left.order(right)
            return order == 0 ? a.precedesInBytes(b) : order < 0
        case (_?, nil): return true
        case (nil, _?): return false
        case (nil, nil): return a.precedesInBytes(b)
        }
    }
}
