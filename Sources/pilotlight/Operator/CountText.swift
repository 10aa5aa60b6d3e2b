/// A number and what it counts: `1 member`, `2 members`.
enum CountText {
    static func of(_ count: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }
}
