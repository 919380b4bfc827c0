import Execution
import Foundation
import MessagePassing
import Tessera
import TestSupport
import Testing

/// One rank has too little memory inside an operation that communicates, at any of the places where
/// it asks for some: all ranks throw its error, in that operation, and later ones.
@Suite struct ToldErrorTests {
  /// An operation, made ready on each rank.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let prepare: @Sendable () throws -> () throws -> Void

    init(_ name: String, _ prepare: @escaping @Sendable () throws -> () throws -> Void) {
      testDescription = name
      self.prepare = prepare
    }
  }

  private static func ones(_ shape: Shape, _ axis: Int? = 0) -> Tensor<Float> {
    let x = Tensor<Float>.ones(shape, sharding: axis.map { .sharded(axis: $0) } ?? .replicated)
    _ = x.storageIdentifier
    return x
  }

  /// Each rank has blocks of its own for what is made of it, so that a cap counts them all.
  private static let size: Shape = [768, 3072]

  private static func applying(
    _ operation: Tessera.Operation, to operands: @escaping @Sendable () -> [Tensor<Float>]
  ) -> @Sendable () throws -> () throws -> Void {
    {
      let operands = operands()
      return { _ = try operation.apply(to: operands) }
    }
  }

  private static var backwards: Tensor<Int64> {
    Tensor<Int64>((0..<768).map { Int64(767 - $0) }, shape: [768])
  }

  /// True in two of three rows.
  private static var twoThirds: Tensor<Bool> {
    Tensor<Bool>((0..<768).map { $0 % 3 != 0 }, shape: [768]).redistributed(to: .sharded(axis: 0))
  }

  static let cases: [Case] = [
    Case(
      "a product with gathered rows",
      applying(.matmul) { [ones([384, 768], nil), ones([768, 768])] }),
    Case(
      "a product with a sum",
      applying(.matmul) { [ones([768, 384], 1), ones([384, 768], 0)] }),
    Case("a redistribution", applying(.redistribute(to: .replicated)) { [ones(size)] }),
    Case("an exchange", applying(.redistribute(to: .sharded(axis: 1))) { [ones(size)] }),
    Case(
      "a reduction of terms",
      {
        let x =
          Tensor(
            try Reduce(.sum, axes: [0], keepingAxes: false, placement: .partial(.sum)).apply([
              ones([3, 768, 3072]).body
            ])) as Tensor<Float>
        return { _ = try Tessera.Operation.redistribute(to: .sharded(axis: 0)).apply(to: [x]) }
      }),
    Case("a concatenation", applying(.concatenate(axis: 0)) { [ones(size), ones(size)] }),
    Case(
      "a concatenation of two cuts",
      applying(.concatenate(axis: 0)) { [ones(size), ones(size, 1)] }),
    Case("a reshape", applying(.reshape([3072, 768])) { [ones(size, 1)] }),
    Case("an addition", applying(.binary(.add)) { [ones(size), ones(size, 1)] }),
    Case("a sum", applying(.reduce(.sum, axes: [0])) { [ones([3, 768, 3072])] }),
    Case(
      "a product of elements", applying(.reduce(.product, axes: [0])) { [ones([3, 256, 3072])] }),
    Case(
      "an operand that waits",
      {
        let x = ones(size) + 1
        return { _ = try Tessera.Operation.redistribute(to: .replicated).apply(to: [x]) }
      }),
    Case(
      "rows that travel",
      {
        let (x, rows) = (ones(size), backwards)
        return { _ = try x.taken(at: rows, axis: 0) }
      }),
    Case(
      "rows that are asked for",
      {
        let (x, rows) = (ones(size), backwards.redistributed(to: .sharded(axis: 0)))
        return { _ = try x.taken(at: rows, axis: 0) }
      }),
    Case(
      "rows of what comes to all ranks",
      {
        let numbers = (0..<4608).map { Int64($0 * 7 % 768) }
        let rows = Tensor<Int64>(numbers, shape: [4608], sharding: .sharded(axis: 0))
        let x = ones([768, 1024])
        return { _ = try x.taken(at: rows, axis: 0) }
      }),
    Case(
      "gathered elements",
      {
        let (x, indices) = (ones(size), Tensor<Int64>.zeros(size, sharding: .sharded(axis: 0)))
        return { _ = try GatherAlong(axis: 0).apply([x.body, indices.body]) }
      }),
    Case(
      "scattered elements",
      {
        let (x, indices) = (ones(size), Tensor<Int64>.zeros(size, sharding: .sharded(axis: 0)))
        let values = ones(size, 1)
        return {
          _ = try ScatterAlong(axis: 0, combining: .sum).apply([x.body, indices.body, values.body])
        }
      }),
    Case(
      "sorting",
      {
        let x = ones([768 * 3072])
        let order = SortOrder(name: "sorted", axis: 0, isDescending: false)
        return { _ = try Sort(order: order).apply([x.body]) }
      }),
    Case(
      "the first in order",
      {
        let x = ones(size)
        let order = SortOrder(name: "topK", axis: 0, isDescending: true, places: 0..<256)
        return { _ = try Sort(order: order).apply([x.body]) }
      }),
    Case(
      "a running sum",
      {
        let x = ones(size)
        return { _ = try Cumulative(.sum, axis: 0).apply([x.body]) }
      }),
    Case(
      "masked selection",
      {
        let (x, mask) = (ones(size), twoThirds)
        return { _ = try x.masked(mask, axis: 0) }
      }),
    Case(
      "a part that is written",
      {
        let value = ones([512, 3072], 1)
        var x = ones(size)
        let other = x
        return {
          try x.replace([.range(0..<512)], with: value)
          withExtendedLifetime(other) {}
        }
      }),
    Case(
      "rows that are written",
      {
        let (value, rows) = (ones(size, 1), backwards)
        var x = ones(size)
        let other = x
        return {
          try x.put(value, at: rows, axis: 0)
          withExtendedLifetime(other) {}
        }
      }),
    Case(
      "what is written under a mask",
      {
        let (value, mask) = (ones([512, 3072]), twoThirds)
        var x = ones(size)
        let other = x
        return {
          try x.replace([.mask(mask)], with: value)
          withExtendedLifetime(other) {}
        }
      }),
    Case(
      "gradients of tensors",
      {
        let (x, w) = (ones([768, 768]), ones([768, 768], nil))
        let tape = GradientTape()
        for operand in [x, w] { tape.watch(operand) }
        let loss = tape.record { matmul(x, w).square().sum() }
        _ = loss.storageIdentifier
        return { _ = try tape.derivatives(of: loss, at: [x, w]) }
      }),
    Case(
      "gradients of parameters",
      {
        let x = ones([768, 768])
        let parameters = [Parameter(ones([768, 768], nil)), Parameter(ones([768], nil))]
        let tape = GradientTape()
        let loss = tape.record {
          tanh(matmul(x, parameters[0].value) + parameters[1].value).square().sum()
        }
        _ = loss.storageIdentifier
        return { _ = try tape.derivatives(of: loss, at: parameters) }
      }),
    Case(
      "a parameter that is assigned",
      {
        let parameter = Parameter(ones(size))
        let (old, value) = (parameter.value, ones(size, 1))
        return {
          try parameter.assign(value)
          withExtendedLifetime(old) {}
        }
      }),
  ]

  /// What a rank threw in the operation, and in the collective after it.
  private struct Outcome: Equatable {
    var first: TensorError?
    var later: TensorError?
  }

  private static func thrown(_ body: () throws -> Void) throws -> TensorError? {
    do {
      try body()
      return nil
    } catch let error as TensorError {
      return error
    }
  }

  /// Runs the operation, on one rank with so much memory beyond what it has.
  private func outcomes(
    _ operation: Case, room: Int, on failing: Int, ranksPerNode: Int?
  ) throws -> [Outcome] {
    try onLoopbackRanks(3, ranksPerNode: ranksPerNode) { runtime in
      let run = try operation.prepare()
      try runtime.communicator.barrier(as: CollectiveLabel("ready"))
      if runtime.communicator.rank == failing {
        Memory.trim()
        Memory.cap = Memory.statistics.reserved + room
      }
      let first = try Self.thrown(run)
      Memory.cap = nil
      let later = try Self.thrown {
        try runtime.communicator.barrier(as: CollectiveLabel("the end"))
      }
      // What moves nothing works.
      if (Tensor<Float>.ones([4]) + 1).localPart != [2, 2, 2, 2] {
        throw TensorError("add", given: "a wrong sum", expected: "2")
      }
      return Outcome(first: first, later: later)
    }
  }

  /// How much more room there is from run to run: all places where a long run may lack memory, else
  /// some.
  private static let step =
    ProcessInfo.processInfo.environment["TESSERA_LONG_TESTS"] == nil ? 4 << 20 : 1 << 20

  @Test(arguments: cases, [nil, 2, 3]) func isThrownByAllRanks(
    _ operation: Case, ranksPerNode: Int?
  ) throws {
    var failures = 0
    for step in 0..<160 {
      let failing = step % 3
      let all = try outcomes(
        operation, room: step * Self.step, on: failing, ranksPerNode: ranksPerNode)
      guard let first = all[0].first else {
        #expect(all == Array(repeating: Outcome(), count: 3), "with \(step) steps")
        #expect(failures > 0)
        return
      }
      failures += 1
      #expect(first.rank == failing && first.operation.hasPrefix("allocate"), "\(first)")
      #expect(
        all == Array(repeating: Outcome(first: first, later: first), count: 3),
        "with \(step) steps")
    }
    Issue.record("never enough room")
  }

  /// Mistakes that all ranks make break nothing, also those that are found when something has
  /// moved.
  @Test(arguments: [nil, 2, 3]) func whatIsTheSameOnAllRanksBreaksNothing(ranksPerNode: Int?) throws
  {
    let texts = try onLoopbackRanks(3, ranksPerNode: ranksPerNode) { runtime -> [String] in
      let x = Self.ones([6, 4])
      var texts: [String] = []
      func refuse(_ body: () throws -> Void) throws {
        texts.append(try Self.thrown(body)?.description ?? "nothing")
        try runtime.communicator.barrier(as: CollectiveLabel("after a mistake"))
      }
      try refuse { _ = try Tessera.Operation.reshape([5, 5]).apply(to: [x]) }
      let far = Tensor<Int64>([9], shape: [1])
      try refuse { _ = try x.taken(at: far, axis: 0) }
      var y = x
      try refuse { try y.put(Self.ones([1, 4], nil), at: far, axis: 0) }
      try refuse {
        try y.replace([.mask(x.sum(axes: 1) .> 0)], with: Self.ones([5, 4], nil))
      }
      return texts
    }
    #expect(Set(texts).count == 1)
    #expect(texts[0].count == 4 && !texts[0].contains { $0.contains("on rank") }, "\(texts[0])")
    #expect(!texts[0].contains("nothing"), "\(texts[0])")
  }

  /// An index that one rank alone holds is one rank's error, also where nothing else would have
  /// failed.
  @Test func anIndexThatOneRankHoldsIsToldToAll() throws {
    let errors = try onLoopbackRanks(3) { runtime -> TensorError? in
      let rank = runtime.communicator.rank
      let indices = Tensor<Int64>([0, 1, 9, 3, 4, 5], shape: [6])
        .redistributed(to: .sharded(axis: 0))
      // Terms are reduced first.
      let terms = try Reduce(.sum, axes: [0], keepingAxes: false, placement: .partial(.sum)).apply([
        Self.ones([3, 6]).body
      ])
      let first = try Self.thrown {
        _ = try Tensor<Float>(terms).taken(at: indices, axis: 0)
      }
      let later = try Self.thrown { try runtime.communicator.barrier(as: CollectiveLabel("end")) }
      return first == later ? first : TensorError("rank \(rank)", given: "two", expected: "one")
    }
    #expect(Set(errors).count == 1)
    #expect(errors[0]?.rank == 1 && errors[0]?.given.contains("index 9") == true)
  }
}
