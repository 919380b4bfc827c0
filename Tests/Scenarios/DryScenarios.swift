import Tessera

/// Programs for ranks that may not be there.
enum DryScenarios {
  static let all = [
    Scenario("dry-run", "moves something and tells what this rank moved; ok in dry runs too") { _ in
      let x = Tensor<Float>.rand([10, 12], key: Key(1), sharding: .sharded(axis: 0))
      let y = concatenate([x, x + 1], axis: 0).redistributed(to: .sharded(axis: 1))
      _ = (y * 2).sum(axes: 1).max().item(assuming: 1)
      let moved = Job.traffic
      report(
        "rank \(Mesh.world.coordinates[0]): \(moved.bytesSent) sent, \(moved.bytesReceived) "
          + "received, \(moved.messages) messages, \(moved.collectives) collectives")
    },
    Scenario("dry-value", "asks for a value: an error in dry runs") { _ in
      report("\(Tensor<Float>.rand([3], key: Key(1)).sum().item())")
    },
  ]
}
