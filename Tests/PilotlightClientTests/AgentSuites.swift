import Testing

/// Tests that start processes, one after another.
@Suite("Swift client", .serialized)
enum AgentSuites {}
