/// The members of a JSON object in the order they stand. Equality ignores that order and compares keys by bytes.
///
/// Lookup is linear: the objects here (contexts, flags) are small, and an array of members is quicker to build than a
/// hash table is. Where there are many keys, build an index beside it.
package struct JSONObject: Sendable, Hashable, Sequence, ExpressibleByDictionaryLiteral {
    package struct Member: Sendable, Hashable {
        package var key: String
        package var value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }

        package static func == (left: Member, right: Member) -> Bool {
            left.key.isExactly(right.key) && left.value == right.value
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(ExactString(key))
            hasher.combine(value)
        }
    }

    package var members: [Member]

    package init() { members = [] }

    /// `members` must not hold one key twice; the reader and the subscript see to it.
    package init(members: [Member]) { self.members = members }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = []
        members.reserveCapacity(elements.count)
        for (key, value) in elements { self[key] = value }
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var keys: [String] { members.map(\.key) }

    /// The value of `key`. Setting appends or replaces in place; setting nil removes.
    package subscript(key: String) -> JSONValue? {
        get {
            for member in members where member.key.isExactly(key) { return member.value }
            return nil
        }
        set {
            let index = members.firstIndex { $0.key.isExactly(key) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    package func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }

    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        if left.count <= 16 {
            return left.members.allSatisfy { right[$0.key] == $0.value }
        }
        let index = Dictionary(
            right.members.map { (ExactString($0.key), $0.value) }, uniquingKeysWith: { _, last in last })
        return left.members.allSatisfy { index[ExactString($0.key)] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        // Order-free: the members' own hashes are added up.
        var sum = 0
        for member in members { sum &+= member.hashValue }
        hasher.combine(count)
        hasher.combine(sum)
    }
}
