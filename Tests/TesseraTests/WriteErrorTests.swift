import Execution
import MessagePassing
import Tessera
import TestSupport
import Testing

/// One rank has too little memory for a write, at any of the places where it asks for some: no rank
/// has written anything then.
@Suite struct WriteErrorTests {
  /// A write of twos over ones, made ready on each rank.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let prepare: @Sendable () throws -> Write

    init(_ name: String, _ prepare: @escaping @Sendable () throws -> Write) {
      testDescription = name
      self.prepare = prepare
    }

    /// A write to a tensor that another variable has too, so that it takes memory.
    ///
    /// - Parameters:
    ///   - axis: the one along which the target is sharded.
    ///   - value: the shape of what is written, and the axis along which that is sharded.
    ///   - prepare: gives what writes, with the tensors that are its indices.
    init(
      _ name: String, to axis: Int = 0, value: (shape: Shape, axis: Int),
      _ prepare: @escaping @Sendable () -> (inout Tensor<Float>, Tensor<Float>) throws -> Void
    ) {
      self.init(name) {
        let target = Target(full(1, size, axis))
        let (value, old, write) = (full(2, value.shape, value.axis), target.x, prepare())
        return Write(
          run: {
            defer { withExtendedLifetime(old) {} }
            try write(&target.x, value)
          }, elements: { target.x.localPart })
      }
    }
  }

  struct Write {
    let run: () throws -> Void
    /// What this rank holds of the target.
    let elements: () -> [Float]
  }

  private final class Target {
    var x: Tensor<Float>
    init(_ x: Tensor<Float>) { self.x = x }
  }

  private static let size: Shape = [768, 3072]

  private static func full(_ number: Float, _ shape: Shape, _ axis: Int) -> Tensor<Float> {
    let x = Tensor<Float>.full(shape, number, sharding: .sharded(axis: axis))
    _ = x.storageIdentifier
    return x
  }

  private static var backwards: Tensor<Int64> {
    Tensor<Int64>((0..<768).map { Int64(767 - $0) }, shape: [768])
  }

  private static var twoThirds: Tensor<Bool> {
    Tensor<Bool>((0..<768).map { $0 % 3 != 0 }, shape: [768]).redistributed(to: .sharded(axis: 0))
  }

  static let cases: [Case] = [
    Case("x *= y", value: (size, 1)) {
      { x, y in try Update(Binary(.multiply)).applyInPlace(to: &x.body, [y.body]) }
    },
    Case("x[...] = y", value: (size, 1)) {
      { x, y in try x.replace([.remainingAxes], with: y) }
    },
    Case("x[0..<512] = y", value: ([512, 3072], 1)) {
      { x, y in try x.replace([.range(0..<512)], with: y) }
    },
    Case("x[positions] = rows that travel", value: (size, 1)) {
      let rows = backwards
      return { x, y in try x.put(y, at: rows, axis: 0) }
    },
    Case("x[positions] = rows, with positions that travel", value: (size, 1)) {
      let rows = backwards.redistributed(to: .sharded(axis: 0))
      return { x, y in try x.put(y, at: rows, axis: 0) }
    },
    Case("x[positions] = rows", to: 1, value: (size, 0)) {
      let rows = backwards
      return { x, y in try x.put(y, at: rows, axis: 0) }
    },
    Case("x[mask] = rows", value: ([512, 3072], 0)) {
      let mask = twoThirds
      return { x, y in try x.replace([.mask(mask)], with: y) }
    },
    Case("x[0..<512, positions] = y", value: ([512, 2], 1)) {
      let positions = Tensor<Int64>([3, 7], shape: [2])
      return { x, y in
        try x.replace([.expression(.range(0..<512)), .positions(positions)], with: y)
      }
    },
    Case("parameter.assign(y)") {
      let parameter = Parameter(full(1, size, 0))
      let (old, value) = (parameter.value, full(2, size, 1))
      return Write(
        run: {
          defer { withExtendedLifetime(old) {} }
          try parameter.assign(value)
        }, elements: { parameter.value.localPart })
    },
  ]

  private struct Outcome {
    var error: TensorError?
    /// The numbers among the elements of this rank afterwards.
    var numbers: Set<Float>
  }

  private func outcomes(
    _ write: Case, room: Int, on failing: Int, ranksPerNode: Int?
  ) throws -> [Outcome] {
    try onLoopbackRanks(3, ranksPerNode: ranksPerNode) { runtime in
      let prepared = try write.prepare()
      try runtime.communicator.barrier(as: CollectiveLabel("ready"))
      if runtime.communicator.rank == failing {
        Memory.trim()
        Memory.cap = Memory.statistics.reserved + room
      }
      var error: TensorError?
      do { try prepared.run() } catch let thrown as TensorError { error = thrown }
      Memory.cap = nil
      return Outcome(error: error, numbers: Set(prepared.elements()))
    }
  }

  @Test(arguments: cases, [nil, 3]) func leavesTheOldElements(
    _ write: Case, ranksPerNode: Int?
  ) throws {
    var failures = 0
    for step in 0..<64 {
      let all = try outcomes(
        write, room: step << 20, on: step % 3, ranksPerNode: ranksPerNode)
      guard all.contains(where: { $0.error != nil }) else {
        #expect(failures > 0)
        #expect(all.contains { $0.numbers.contains(2) }, "\(all)")
        return
      }
      failures += 1
      #expect(Set(all.map(\.error)).count == 1, "with \(step) steps")
      #expect(all.allSatisfy { $0.numbers == [1] }, "with \(step) steps: \(all)")
    }
    Issue.record("never enough room")
  }
}
