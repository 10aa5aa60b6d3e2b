/// A page in Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/): families one after another, samples below them.
package struct PrometheusPage: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram, summary
    }

    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Begins a family; its samples must follow at once.
    package mutating func family(_ name: String, _ kind: Kind, help: String = "") {
        if !help.isEmpty {
            text("# HELP \(name) ")
            escaped(help, quotes: false)
            text("\n")
        }
        text("# TYPE \(name) \(kind.rawValue)\n")
    }

    package mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: some BinaryInteger) {
        series(name, labels)
        text("\(value)\n")
    }

    package mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
        series(name, labels)
        text("\(Self.number(value))\n")
    }

    /// A family of one sample.
    package mutating func gauge(_ name: String, help: String, _ value: some BinaryInteger) {
        family(name, .gauge, help: help)
        sample(name, [], value)
    }

    package mutating func gauge(_ name: String, help: String, _ value: Double) {
        family(name, .gauge, help: help)
        sample(name, [], value)
    }

    package mutating func counter(_ name: String, help: String, _ value: some BinaryInteger) {
        family(name, .counter, help: help)
        sample(name, [], value)
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }

    private mutating func series(_ name: String, _ labels: [(String, String)]) {
        text(name)
        if !labels.isEmpty {
            text("{")
            for (index, (label, value)) in labels.enumerated() {
                text(index == 0 ? "\(label)=\"" : ",\(label)=\"")
                escaped(value, quotes: true)
                text("\"")
            }
            text("}")
        }
        text(" ")
    }

    private mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func escaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): self.text("\\\\")
            case UInt8(ascii: "\n"): self.text("\\n")
            case UInt8(ascii: "\"") where quotes: self.text("\\\"")
            default: bytes.append(byte)
            }
        }
    }
}
