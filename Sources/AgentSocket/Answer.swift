import Flags
import LookupProtocol

/// What is said about one flag or component. Every protocol renders this, and only this.
struct Answer {
    /// The revision that the answer comes from, and how fresh the agent's state is.
    var stamp: StateStamp
    var evaluation: Evaluation
}
