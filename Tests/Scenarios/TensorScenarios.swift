import Foundation
import MessagePassing
import Tessera
import TesseraIO
import TesseraTraining

/// Programs as users write them, right and wrong.
enum TensorScenarios {
  /// These end with status 0, and rank 0 writes `ok`.
  static let sound = [
    Scenario("print", "all ranks print a sharded tensor, which is written once: ok") {
      communicator throws(TensorError) in
      print(numbers)
      try reportOK(communicator)
    },
    Scenario("caught", "all ranks catch an error that only the last one met, and go on: ok") {
      communicator throws(TensorError) in
      let isLast = communicator.rank == communicator.size - 1
      do {
        try Job.agreeing(on: "open") { () throws(TensorError) in
          if isLast { throw TensorError("open", given: "no file", expected: "a file") }
        }
      } catch {
        report("rank \(communicator.rank) caught \(error)")
      }
      let sum = Int(numbers.sum())
      try check(sum == 28, "a sum of \(sum)", "28")
      try reportOK(communicator)
    },
    Scenario("cap-sound", "rank 0 writes the cap on its memory, which nobody exceeds: ok") {
      communicator throws(TensorError) in
      let cap = Memory.cap ?? 0
      let x = Tensor<Float>.ones([1 << 20])
      let isSound = (x + 1).sum().item() == 2 * Float(1 << 20)
      try check(isSound, "a wrong sum", "\(2 << 20)")
      if communicator.rank == 0 { report("\(cap)") }
      try reportOK(communicator)
    },
    Scenario("reduction-times", "microseconds of all-reduces, the least and the mean of several") {
      communicator throws(TensorError) in
      for count in [1, 1 << 12, 1 << 18, 8 << 20] {
        try timeReduction(of: count, communicator)
      }
      try reportOK(communicator)
    },
  ]

  /// These end with a message, and a status that is not 0.
  static let failing = [
    Scenario("print-alone", "rank 0 prints a sharded tensor while the others end") {
      communicator throws(TensorError) in
      let x = numbers
      if communicator.rank == 0 { print(x) }
    },
    Scenario("print-others", "rank 0 prints a sharded tensor while the others add it up") {
      communicator throws(TensorError) in
      let x = numbers
      if communicator.rank == 0 { print(x) }
      _ = x.sum()
    },
    Scenario("print-compute", "rank 0 prints a sharded tensor while the others compute for ever") {
      communicator throws(TensorError) in
      var x = numbers
      if communicator.rank == 0 { print(x) }
      while true { x += 1 }
    },
    Scenario("operations", "rank 0 adds up a tensor that the others cut along another axis") {
      communicator throws(TensorError) in
      let x = Tensor<Float>.ones([6, 4], sharding: .sharded(axis: 0))
      if communicator.rank == 0 {
        _ = x.sum()
      } else {
        _ = x.redistributed(to: .sharded(axis: 1))
      }
    },
    Scenario("extents", "ranks add up tensors of different extents") {
      communicator throws(TensorError) in
      let columns = communicator.rank == 0 ? 3 : 5
      _ = Tensor<Float>.ones([6, columns], sharding: .sharded(axis: 0)).sum(axes: 0)
    },
    Scenario("shardings", "ranks gather a tensor that lies otherwise on rank 0") {
      communicator throws(TensorError) in
      let axis = communicator.rank == 0 ? 0 : 1
      print(Tensor<Float>.ones([6, 4], sharding: .sharded(axis: axis)))
    },
    Scenario("types", "ranks look for the greatest element of other types, of as many bytes") {
      communicator throws(TensorError) in
      if communicator.rank == 0 {
        print(Tensor<Float>.ones([6], sharding: .sharded(axis: 0)).max())
      } else {
        print(Tensor<Int32>.ones([6], sharding: .sharded(axis: 0)).max())
      }
    },
    Scenario("cuts", "ranks move a tensor that is cut elsewhere on rank 0") {
      communicator throws(TensorError) in
      let x = Tensor<Float>.ones([12, 4], sharding: .sharded(axis: 0))
      let part = communicator.rank == 0 ? x[4...] : x[..<8]
      print(part.redistributed(to: .sharded(axis: 1)).storageIdentifier > 0)
    },
    Scenario("lists", "ranks take rows in another order") { communicator throws(TensorError) in
      let x = Tensor<Float>.ones([6, 4], sharding: .sharded(axis: 0))
      print(x.taking(communicator.rank == 0 ? [0, 5, 1] : [0, 1, 5]))
    },
    Scenario("files", "ranks write a tensor as one file that lies otherwise on rank 0") {
      communicator throws(TensorError) in
      let axis = communicator.rank == 0 ? 0 : 1
      try Tensor<Float>.ones([4, 4], sharding: .sharded(axis: axis)).write(npy: "written.npy")
    },
    Scenario("replicas", "the last rank has another gradient in one update: ok if nobody looks") {
      communicator throws(TensorError) in
      let w = Parameter(Tensor<Float>.ones([4]), name: "w")
      let optimizer = SGD(learningRate: 0.1, momentum: 0.9)
      for step in 1...4 {
        let isOther = step == 3 && communicator.rank == communicator.size - 1
        optimizer.update([w], along: [.full([4], isOther ? 1 + 0x1p-18 : 1)])
      }
      try reportOK(communicator)
    },
    Scenario("shapes", "a mistake of the user: shapes that do not broadcast") {
      communicator throws(TensorError) in
      addWrongShapes()
    },
    Scenario("late-shapes", "the same half a second after rank 0 has written `begun`") {
      communicator throws(TensorError) in
      try communicator.barrier(as: CollectiveLabel("barrier"))
      if communicator.rank == 0 { report("begun") }
      usleep(500_000)
      addWrongShapes()
    },
    Scenario("index", "a mistake of the user: an index out of range") {
      communicator throws(TensorError) in
      print(numbers[8])
    },
    Scenario("first-rank", "a mistake of the user: a sum over the ranks on the first one alone") {
      communicator throws(TensorError) in
      let x = numbers
      onFirstRank { _ = x.sum() }
      print(x)
    },
    Scenario("kill-sum", "the last rank dies of SIGKILL in the middle of sums over the ranks") {
      communicator throws(TensorError) in
      addEndlessly(communicator, endingBy: SIGKILL)
    },
    Scenario("stop-sum", "the last rank is stopped in the middle of sums over the ranks") {
      communicator throws(TensorError) in
      addEndlessly(communicator, endingBy: SIGSTOP)
    },
    Scenario("memory", "the last rank asks for more memory than there is") {
      communicator throws(TensorError) in
      if communicator.rank == communicator.size - 1 {
        _ = Tensor<Double>.zeros([1 << 44])
      }
      print(numbers)
    },
    Scenario("memory-cap", "the last rank exceeds the cap on memory while the others wait for it") {
      communicator throws(TensorError) in
      let isLast = communicator.rank == communicator.size - 1
      let held = Tensor<Float>.ones([isLast ? 5 << 20 : 1 << 20])
      // Read as it is stored, so that it has a place of its own.
      print((held.shard + 1).storageIdentifier > 0)
      print(numbers)
      withExtendedLifetime(held) {}
    },
  ]

  /// Each of the rounds begins on all ranks at once, and ends when the last has its result.
  private static func timeReduction(
    of count: Int, _ communicator: Communicator
  ) throws(TensorError) {
    let terms = Tensor<Float>.ones([communicator.size, count], sharding: .sharded(axis: 0))
      .sum(axes: 0, result: .partial(.sum))
    let rounds = count > 1 << 16 ? 12 : 2000
    var times: [Double] = []
    for _ in 0..<rounds + 2 {
      try communicator.barrier(as: CollectiveLabel("begin"))
      let began = ContinuousClock.now
      _ = terms.redistributed(to: .replicated).storageIdentifier
      let elapsed = (ContinuousClock.now - began).components
      times.append(Double(elapsed.seconds) * 1e6 + Double(elapsed.attoseconds) * 1e-12)
    }
    let own = times.dropFirst(2).map { Array(String($0).utf8) }
    let all = try communicator.allGather(
      control: Array(own.joined(separator: [32])), as: CollectiveLabel("times"))
    let byRank = all.map { text in
      String(decoding: text, as: UTF8.self).split(separator: " ").map { Double($0)! }
    }
    let slowest = (0..<rounds).map { round in byRank.map { $0[round] }.max()! }
    if communicator.rank == 0 {
      let mean = slowest.reduce(0, +) / Double(rounds)
      report("all-reduce of \(4 * count) bytes: \(slowest.min()!), \(mean)")
    }
  }

  /// All-reduces large terms until `signal` hits the last rank from another of its threads.
  private static func addEndlessly(_ communicator: Communicator, endingBy signal: Int32) {
    if communicator.rank == communicator.size - 1 {
      Thread.detachNewThread {
        usleep(300_000)
        kill(getpid(), signal)
      }
    }
    let terms = Tensor<Float>.ones([communicator.size, 4 << 20], sharding: .sharded(axis: 0))
      .sum(axes: 0, result: .partial(.sum))
    while true { _ = terms.redistributed(to: .replicated).storageIdentifier }
  }

  private static func addWrongShapes() {
    let x = Tensor<Float>.ones([2, 3], sharding: .sharded(axis: 0))
    _ = x + Tensor<Float>.ones([4])
  }

  /// 0 to 7, over the ranks.
  private static var numbers: Tensor<Int32> {
    .arange(8, sharding: .sharded(axis: 0))
  }
}
