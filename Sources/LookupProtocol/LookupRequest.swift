/// Asks for one flag. With a targeting key and nothing else in the context, no JSON is needed.
package struct LookupRequest: Sendable, Hashable {
    package var id: UInt32
    package var key: String
    /// The type the caller wants; nil takes any. Numbers are converted where nothing is lost.
    package var expected: ValueType?
    package var subject: LookupSubject

    package init(id: UInt32, key: String, expected: ValueType? = nil, subject: LookupSubject = LookupSubject()) {
        self.id = id
        self.key = key
        self.expected = expected
        self.subject = subject
    }

    package func write(to bytes: inout [UInt8]) {
        Frame.write(.lookup, id: id, to: &bytes) { bytes in
            bytes.append(expected?.rawValue ?? 0)
            subject.writeOptions(to: &bytes)
            bytes.append(shortText: key)
            subject.writeFields(to: &bytes)
        }
    }

    init(id: UInt32, from fields: inout FieldReader) throws(FrameProblem) {
        let code = try fields.integer(UInt8.self)
        expected = ValueType(rawValue: code)
        guard expected != nil || code == 0 else { throw .unknownCode(field: "value type", value: code) }
        let options = try LookupSubject.Options(from: &fields)
        key = try fields.shortText()
        subject = try LookupSubject(options: options, from: &fields)
        self.id = id
        try fields.finish()
    }
}

/// Asks for every flag, all from one revision.
package struct LookupAllRequest: Sendable, Hashable {
    package var id: UInt32
    package var subject: LookupSubject

    package init(id: UInt32, subject: LookupSubject = LookupSubject()) {
        self.id = id
        self.subject = subject
    }

    package func write(to bytes: inout [UInt8]) {
        Frame.write(.lookupAll, id: id, to: &bytes) { bytes in
            subject.writeOptions(to: &bytes)
            subject.writeFields(to: &bytes)
        }
    }

    init(id: UInt32, from fields: inout FieldReader) throws(FrameProblem) {
        let options = try LookupSubject.Options(from: &fields)
        subject = try LookupSubject(options: options, from: &fields)
        self.id = id
        try fields.finish()
    }
}
