import Foundation
import MessagePassing
import Tessera

/// Programs that take much memory, or memory of many sizes.
enum MemoryScenarios {
  static let all = [
    Scenario("memory-fill", "all ranks take 12 MiB after 12 MiB, until they are refused") {
      _ throws(TensorError) in
      var held: [Tensor<Float>] = []
      while held.count < 20_000 {
        held.append(.ones([3 << 20]))
        _ = held.last!.storageIdentifier
      }
      throw TensorError("memory-fill", given: "234 GiB", expected: "a refusal before")
    },
    Scenario("memory-soak", "steps of many sizes, whose cache of free memory is bounded: ok") {
      communicator throws(TensorError) in
      for step in 0..<1500 {
        // Batches from 1 to 1009 rows of features that vary too.
        let rows = 1 + step * 7919 % 1009
        let columns = 64 + step * 104_729 % 96
        let x = Tensor<Float>.ones([rows, columns], sharding: .sharded(axis: 0))
        let w = Tensor<Float>.ones([columns, 128])
        let y = matmul(x * 2, w).relu() + 1
        let sum = (y.transposed().redistributed(to: .sharded(axis: 0)) * 0.5).sum().item()
        let expected = Float(rows * 128) * (2 * Float(columns) + 1) / 2
        try check(abs(sum - expected) <= 1e-3 * expected, "\(sum)", "\(expected)")
        let memory = Memory.statistics
        let bound = 3 * memory.peak + (48 << 20)
        try check(memory.reserved <= bound, "\(memory)", "at most \(bound) reserved")
      }
      if communicator.rank == 0 {
        FileHandle.standardError.write(Data("\(Memory.statistics)\n".utf8))
      }
      try reportOK(communicator)
    },
  ]
}
