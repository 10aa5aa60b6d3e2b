import JSON

/// A share of users in hundredths of a percent: 0 to 10,000.
package struct Percentage: Sendable, Hashable, Comparable {
    package let hundredths: Int

    package static let none = Percentage(clamping: 0)
    package static let everybody = Percentage(clamping: 10_000)

    /// Nil outside of 0…10,000.
    package init?(hundredths: Int) {
        guard (0...10_000).contains(hundredths) else { return nil }
        self.hundredths = hundredths
    }

    private init(clamping hundredths: Int) { self.hundredths = min(max(hundredths, 0), 10_000) }

    /// Percent, from 0 to 100 with at most two decimals; nil for anything else.
    package init?(_ json: JSONValue) {
        switch json {
        case .integer(let value):
            guard (0...100).contains(value) else { return nil }
            self.init(hundredths: Int(value) * 100)
        case .double(let value):
            guard (0...100).contains(value) else { return nil }
            let hundredths = (value * 100).rounded()
            // Two decimals have many binary neighbours, and each is exactly what its text says.
            guard hundredths / 100 == value else { return nil }
            self.init(hundredths: Int(hundredths))
        default: return nil
        }
    }

    /// As people type it: `5`, `0.25`, `12.5%`.
    package init?(_ text: String) {
        let number = text.hasSuffix("%") ? String(text.dropLast()) : text
        guard number.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let value = Double(number)
        else { return nil }
        self.init(.double(value))
    }

    package var json: JSONValue {
        hundredths % 100 == 0 ? .integer(Int64(hundredths / 100)) : .double(Double(hundredths) / 100)
    }

    /// `5 %`, `12.5 %`
    package var text: String { Self.text(hundredths: hundredths) }

    /// The same of a sum, which may be beyond 100 %.
    package static func text(hundredths: Int) -> String {
        hundredths % 100 == 0
            ? "\(hundredths / 100) %" : JSONValue.double(Double(hundredths) / 100).compactText() + " %"
    }

    package static func < (a: Percentage, b: Percentage) -> Bool { a.hundredths < b.hundredths }
}
