/// Words, and `--name value` pairs.
package struct Options {
    package private(set) var words: [String] = []
    private var values: [String: String] = [:]

    package init(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument.hasPrefix("--") {
                values[String(argument.dropFirst(2))] = rest.popFirst()
            } else {
                words.append(argument)
            }
        }
    }

    package func text(_ name: String) -> String? { values[name] }
    package func number(_ name: String, _ standard: Int) -> Int { values[name].flatMap { Int($0) } ?? standard }
}
