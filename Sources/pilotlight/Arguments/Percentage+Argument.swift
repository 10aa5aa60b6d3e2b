import ArgumentParser
import Flags

/// `5`, `0.25`, `12.5%`.
extension Percentage: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
