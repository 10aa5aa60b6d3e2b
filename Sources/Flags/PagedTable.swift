import JSON

/// A key with its hash, for what is looked up again and again.
struct HashedKey: Sendable, Hashable {
    let text: String
    let hash: UInt32

    init(_ text: String) {
        self.text = text
        var hash = Murmur3()
        hash.combine(text)
        self.hash = hash.finish()
    }
}

protocol Keyed: AnyObject, Sendable {
    var key: HashedKey { get }
}

/// Objects by key, in hashed pages that copies share: one change copies one page, and looking one up takes one hash and
/// one look at a page. Keys come from whoever may publish, so that nobody gains by keys that collide.
struct PagedTable<Element: Keyed>: Sendable {
    private final class Page: Sendable {
        let hashes: [UInt32]
        let elements: [Element]

        init(_ elements: [Element]) {
            hashes = elements.map(\.key.hash)
            self.elements = elements
        }

        func index(of key: borrowing HashedKey) -> Int? {
            for index in hashes.indices where hashes[index] == key.hash {
                if elements[index].key.text.isExactly(key.text) { return index }
            }
            return nil
        }
    }

    /// A power of two of them.
    private var pages: [Page] = [Page([])]
    private(set) var count = 0

    /// Elements in a page, on average at most.
    private static var fill: Int { 8 }

    subscript(key: HashedKey) -> Element? {
        let page = pages[Int(key.hash) & (pages.count - 1)]
        return page.index(of: key).map { page.elements[$0] }
    }

    subscript(key: String) -> Element? { self[HashedKey(key)] }

    var elements: some Sequence<Element> { pages.lazy.flatMap(\.elements) }

    /// Returns what stood there.
    @discardableResult
    mutating func put(_ element: Element) -> Element? {
        let place = Int(element.key.hash) & (pages.count - 1)
        var elements = pages[place].elements
        if let index = pages[place].index(of: element.key) {
            let old = elements[index]
            elements[index] = element
            pages[place] = Page(elements)
            return old
        }
        elements.append(element)
        pages[place] = Page(elements)
        count += 1
        if count > pages.count * Self.fill { grow() }
        return nil
    }

    @discardableResult
    mutating func remove(_ key: String) -> Element? {
        let key = HashedKey(key)
        let place = Int(key.hash) & (pages.count - 1)
        guard let index = pages[place].index(of: key) else { return nil }
        var elements = pages[place].elements
        let old = elements.remove(at: index)
        pages[place] = Page(elements)
        count -= 1
        return old
    }

    private mutating func grow() {
        var parts = [[Element]](repeating: [], count: pages.count * 4)
        for element in elements { parts[Int(element.key.hash) & (parts.count - 1)].append(element) }
        pages = parts.map { Page($0) }
    }
}
