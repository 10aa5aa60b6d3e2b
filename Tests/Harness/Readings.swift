import JSON

/// An environment as the operator API shows it.
package struct EnvironmentReading: Sendable {
    package var json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    package var number: Int64 { json["revision"]?["number"]?.integerValue ?? -1 }
    package var epochCounter: Int64 { json["revision"]?["epoch"]?["counter"]?.integerValue ?? -1 }
    package var epochID: String { json["revision"]?["epoch"]?["id"]?.stringValue ?? "" }
    package var digest: String { json["digest"]?.stringValue ?? "" }
    package var entries: Int64 { json["entries"]?.integerValue ?? -1 }
    /// Why no writes are taken; nil when they are.
    package var blocked: String? { json["blocked"]?["detail"]?.stringValue }
}

/// The registry as the operator API shows it.
package struct FleetReading: Sendable {
    package struct Agent: Sendable {
        package var json: JSONValue

        package var id: String { json["id"]?.stringValue ?? "" }
        package var name: String { json["name"]?.stringValue ?? "" }
        package var state: String { json["state"]?.stringValue ?? "" }
        package var number: Int64? { json["revision"]?["number"]?.integerValue }
        package var epochCounter: Int64? { json["revision"]?["epoch"]?["counter"]?.integerValue }
        package var digest: String { json["digest"]?.stringValue ?? "" }
        package var entries: Int64 { json["entries"]?.integerValue ?? -1 }
        package var conflict: String? { json["conflict"]?.stringValue }
        package var quarantined: [String] { (json["quarantined"]?.arrayValue ?? []).compactMap(\.stringValue) }
        package var isDuplicate: Bool { json["duplicateId"]?.boolValue ?? false }
    }

    package var json: JSONValue
    package var agents: [Agent]

    init(_ json: JSONValue) {
        self.json = json
        agents = (json["agents"]?.arrayValue ?? []).map { Agent(json: $0) }
    }

    package var digest: String { json["digest"]?.stringValue ?? "" }
    package var number: Int64 { json["revision"]?["number"]?.integerValue ?? -1 }
    package var epochCounter: Int64 { json["revision"]?["epoch"]?["counter"]?.integerValue ?? -1 }

    package func agent(_ name: String) -> Agent? { agents.first { $0.name == name } }

    /// Every agent that isn't gone has applied and cached exactly what control holds.
    package var isConverged: Bool {
        let present = agents.filter { $0.state != "gone" }
        return !present.isEmpty
            && present.allSatisfy {
                $0.number == number && $0.epochCounter == epochCounter && $0.digest == digest
                    && $0.quarantined.isEmpty && $0.conflict == nil
            }
    }
}

/// A page of metrics in Prometheus' text format.
package struct MetricPage: Sendable {
    package var text: String

    package init(_ text: String) { self.text = text }

    /// The sum over a metric's series.
    package func value(_ name: String) throws -> Double {
        let values = text.split(separator: "\n").filter { line in
            line.hasPrefix(name) && (line.dropFirst(name.count).first == " " || line.dropFirst(name.count).first == "{")
        }.compactMap { line in line.split(separator: " ").last.flatMap { Double($0) } }
        guard !values.isEmpty else { throw HarnessError("no metric \(name) on the page") }
        return values.reduce(0, +)
    }
}
