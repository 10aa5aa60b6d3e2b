/// Stands between agents and a control node: agents are given its ports, so they can be cut off without root.
package final class ControlRelay: Sendable {
    package let publish: PublisherRelay
    package let sync: PublisherRelay

    package init(to control: ControlProcess, receiveBuffer: Int32? = nil) throws {
        publish = try PublisherRelay(to: control.publishPort, receiveBuffer: receiveBuffer)
        sync = try PublisherRelay(to: control.syncPort)
    }

    /// Bytes that came through, both ports and directions.
    package var carried: Int { publish.carried + sync.carried }

    /// Ends every connection and makes no new ones: a partition with an honest network.
    package func cut() {
        publish.cut()
        sync.cut()
    }

    /// Lets connections stand and carries nothing: a partition that nobody is told of.
    package func pause() {
        publish.pause()
        sync.pause()
    }

    package func heal() {
        publish.heal()
        sync.heal()
    }
}
