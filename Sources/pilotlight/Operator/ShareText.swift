/// A part of a whole in percent: `5 %`, `33.33 %`, and `<0.01 %` for what would look like none.
enum ShareText {
    static func of(_ part: Int64, in whole: Int64) -> String {
        guard whole > 0 else { return "–" }
        let hundredths = (part * 10_000 + whole / 2) / whole
        if hundredths == 0, part > 0 { return "<0.01 %" }
        let rest = hundredths % 100
        let decimals = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
        return "\(hundredths / 100)\(decimals) %"
    }
}
