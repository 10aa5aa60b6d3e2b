import ArgumentParser
import Flags

/// A version and its share of users as one types them: `1.1=10`.
struct VersionShare: ExpressibleByArgument {
    var version: String
    var share: Percentage

    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex,
            let share = Percentage(String(argument[argument.index(after: equals)...]))
        else { return nil }
        version = String(argument[..<equals])
        self.share = share
    }
}
