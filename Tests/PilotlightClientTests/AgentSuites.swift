import Testing

/// Tests that start processes, one after another. A lookup that never ends is a failure and no hang.
@Suite("Swift client", .serialized, .timeLimit(.minutes(20)))
enum AgentSuites {}
