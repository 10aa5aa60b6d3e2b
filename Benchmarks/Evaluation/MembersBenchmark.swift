import Allocations
import Figures
import Flags
import Glibc
import HashTreeCollections
import JSON

/// One pilot group of millions: memory by member, and lookups one by one.
///
///     evaluation-benchmark members [--members 5000000] [--lookups 1000000]
struct MembersBenchmark {
    private let members: Int
    private let lookups: Int
    /// Lookups that are timed together: a clock reading costs as much as a lookup.
    private static let batch = 16

    init(_ options: Options) {
        members = options.number("members", 5_000_000)
        lookups = options.number("lookups", 1_000_000)
    }

    func run() throws {
        print("\(members) members in one group; lookups of \(members / 2) users in and as many out, in random order\n")
        var table = FigureTable(
            "", "ns to put in", "bytes a member: allocated", "resident", "p50 ns", "p99 ns", "in_pilot, whole: p50",
            "p99")
        try measure("hashes, from a cache", &table) {
            var builder = MemberSetBuilder()
            for user in 0..<members {
                var name = Self.name(user)
                name.withUTF8 { builder.add(UnsafeRawBufferPointer($0)) }
            }
            return builder.built()
        }
        try measure("hashes, one by one", &table) {
            MemberSet((0..<members).lazy.map { Self.name($0) }, as: .hashes)
        }
        try measure("names, one by one", &table) { MemberSet((0..<members).lazy.map { Self.name($0) }) }
        print(table.text)
    }

    private static func name(_ user: Int) -> String { "customer-\(user)@example.org" }

    private func measure(_ name: String, _ table: inout FigureTable, _ make: () -> MemberSet) throws {
        let allocated = Int(allocated_bytes())
        let resident = Self.residentBytes
        let start = nanoseconds()
        let set = make()
        let took = nanoseconds() - start
        let perMember = (
            Double(Int(allocated_bytes()) - allocated) / Double(members),
            Double(Self.residentBytes - resident) / Double(members)
        )
        var flags = FlagSet()
        flags.set(members: set, ofPilot: "beta")
        let targeting = #""targeting":{"if":[{"in_pilot":"beta"},"on","off"]}"#
        let flag = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off",\#(targeting)}"#
        try flags.put(flag: "pilot", storedBytes: Array(flag.utf8))
        let bare = timed { set.contains($0) }
        let whole = timed {
            flags.evaluate("pilot", context: EvaluationContext(targetingKey: $0), unixSeconds: 0).value == .bool(true)
        }
        table.add(
            name, (Double(took) / Double(members)).digits(0), perMember.0.digits(1), perMember.1.digits(1),
            bare.nanoseconds(0.5), bare.nanoseconds(0.99), whole.nanoseconds(0.5), whole.nanoseconds(0.99))
    }

    /// Nanoseconds a lookup, by batches of a few.
    @inline(never)
    private func timed(_ isMember: (String) -> Bool) -> BatchSamples {
        var samples = BatchSamples(batch: Self.batch)
        var next: UInt64 = 88_172_645_463_325_252
        var users: [String] = []
        for _ in 0..<lookups / Self.batch {
            users.removeAll(keepingCapacity: true)
            var expected = 0
            for _ in 0..<Self.batch {
                // Xorshift: no cache has seen what comes next.
                next ^= next << 13
                next ^= next >> 7
                next ^= next << 17
                let user = Int(next % UInt64(2 * members))
                if user < members { expected += 1 }
                users.append(Self.name(user))
            }
            let start = nanoseconds()
            var found = 0
            for user in users where isMember(user) { found += 1 }
            samples.add(nanoseconds() - start)
            precondition(found == expected, "\(found) of \(Self.batch) users are members, should be \(expected)")
        }
        return samples
    }

    private static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4_096 : 0
    }
}

/// Durations of batches.
private struct BatchSamples {
    private var samples = Samples()
    private let batch: Int

    init(batch: Int) { self.batch = batch }

    mutating func add(_ took: UInt64) { samples.add(took) }

    /// Of one lookup, on average over its batch; `share` of the batches don't exceed it.
    func nanoseconds(_ share: Double) -> String { (samples.percentile(share) * 1e6 / Double(batch)).digits(0) }
}
