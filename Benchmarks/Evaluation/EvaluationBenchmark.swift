import Allocations
import Figures
import Flags
import Glibc
import HashTreeCollections
import JSON

/// One evaluation at a time on one thread: time and allocations.
///
///     evaluation-benchmark [--evaluations 2000000] [--members 1000000] [--only NAME]
///     evaluation-benchmark members [--members 5000000] [--lookups 1000000]
///
/// Instructions: `valgrind --tool=callgrind` or `perf stat` on `--only NAME` with two numbers of evaluations.
@main
enum EvaluationBenchmark {
    static func main() throws {
        let options = Options(Array(CommandLine.arguments.dropFirst()))
        if options.words == ["members"] { return try MembersBenchmark(options).run() }
        let count = options.number("evaluations", 2_000_000)
        let set = try Subject.flags(members: options.number("members", 1_000_000))
        var table = FigureTable("", "ns", "allocations")
        for subject in Subject.all where options.text("only").map({ $0 == subject.name }) ?? true {
            let contexts = subject.contexts
            // Once to warm up, then the best of five: what else runs on the machine only ever adds.
            _ = run(set, subject.flag, contexts, count / 10)
            var best = UInt64.max
            let before = allocations_so_far()
            for _ in 0..<5 {
                let start = nanoseconds()
                let values = run(set, subject.flag, contexts, count)
                best = min(best, nanoseconds() - start)
                precondition(values == count, "\(subject.name) gave no value")
            }
            let allocations = Double(allocations_so_far() - before) / Double(5 * count)
            table.add(subject.name, (Double(best) / Double(count)).digits(1), allocations.digits(3))
        }
        print(table.text)
    }

    /// Returns how many gave a value: so that nothing of it can be left out.
    @inline(never)
    private static func run(_ set: FlagSet, _ flag: String, _ contexts: [EvaluationContext], _ count: Int) -> Int {
        var values = 0
        var next = 0
        for _ in 0..<count {
            if set.evaluate(flag, context: contexts[next], unixSeconds: 1_800_000_000).value != nil { values += 1 }
            next = next + 1 == contexts.count ? 0 : next + 1
        }
        return values
    }
}
