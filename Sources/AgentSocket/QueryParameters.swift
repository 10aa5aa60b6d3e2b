/// `name=value&…`, percent-decoded.
enum QueryParameters {
    /// A part that can't be decoded.
    struct Fault: Error, Equatable {
        var detail: String
    }

    static func read(_ query: Substring.UTF8View) throws(Fault) -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        for part in query.split(separator: UInt8(ascii: "&")) {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            guard let key = PercentCoding.decoded(name),
                let value = PercentCoding.decoded(part.dropFirst(name.count + 1))
            else { throw Fault(detail: "\(Substring(part)) in the query is not percent-encoded UTF-8") }
            parameters.append((key, value))
        }
        return parameters
    }
}
