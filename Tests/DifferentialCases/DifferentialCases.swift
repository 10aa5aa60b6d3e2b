import Glibc
import TargetingCases

/// `differential-cases SEED COUNT`: prints random flags, contexts and our answers, one case a line.
@main
struct DifferentialCases {
    static func main() throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard numbers.count == 2 else {
            print("differential-cases SEED COUNT")
            exit(64)
        }
        var cases = RandomTargeting(seed: numbers[0])
        for _ in 0..<numbers[1] { print(try ComparedCase.line(&cases)) }
    }
}
