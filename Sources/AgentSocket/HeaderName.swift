extension String {
    /// Whether this is that ASCII text in letters of any case, as names of headers are compared.
    func equals(lowercase other: StaticString) -> Bool {
        let letters = UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount)
        return utf8.count == letters.count
            && utf8.elementsEqual(letters) {
                $0 == $1 || ($0 | 0x20 == $1 && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0))
            }
    }
}
