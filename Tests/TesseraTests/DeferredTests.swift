import Execution
import Foundation
import MessagePassing
import Tessera
import TestSupport
import Testing

/// Elementwise results that wait until they are asked for: their values, what is computed together,
/// what a write changes, and what it costs.
@Suite struct DeferredTests {
  private static let count = 5000

  /// Runs a body on one rank where everything elementwise waits, and where nothing does.
  @discardableResult
  private func bothWays<R: Equatable>(_ body: (Runtime) throws -> R) rethrows -> R {
    let waiting = try onOneRank(workers: 2, deferringFrom: 0, body)
    let direct = try onOneRank(workers: 2, deferringFrom: .max, body)
    #expect(waiting == direct)
    return waiting
  }

  private static func operands() -> (Tensor<Float>, Tensor<Float>) {
    let a = Tensor<Float>.randn([count], key: Key(1))
    return (a, Tensor<Float>.randn([count], key: Key(2)))
  }

  /// What is read by more ways than can be gone is looked at once.
  @Test func doublingsThatWait() {
    onOneRank(deferringFrom: 0) { _ in
      let x = Tensor<Float>.ones([2000])
      var z = x + 1
      var y = x * 0.5
      for _ in 0..<23 { y = y + y }
      z += y * 2
      #expect(z.scalars == [Float](repeating: 2 + 8_388_608, count: 2000))
    }
  }

  @Test func aChainHasTheSameBits() {
    let bits = bothWays { _ in
      let (a, b) = Self.operands()
      return (a * b + 2 * a - tanh(b)).scalars.map(\.bitPattern)
    }
    #expect(bits.count == Self.count)
  }

  @Test func aChainTakesNoMemoryButItsResults() {
    onOneRank(deferringFrom: 0) { runtime in
      let (a, b) = Self.operands()
      let before = runtime.arena.statistics
      let c = a * b + 2 * a - tanh(b)
      #expect(runtime.arena.statistics.allocations == before.allocations)
      #expect(c.body.isPending)
      _ = c.storageIdentifier
      #expect(!c.body.isPending)
      #expect(runtime.arena.statistics.allocations == before.allocations + 1)
    }
  }

  /// A value that the pass of another has stored is as good as one that was asked for.
  @Test func whatWasStoredIsNotCountedAgain() {
    onOneRank(deferringFrom: 0) { runtime in
      let (a, b) = Self.operands()
      var x = a
      for _ in 0..<20 { x = x + 1 }
      _ = (x + b).storageIdentifier
      let before = runtime.arena.statistics
      let c = x * b + 2 * x - tanh(x)
      #expect(runtime.arena.statistics.allocations == before.allocations)
      _ = c.storageIdentifier
      #expect(runtime.arena.statistics.allocations == before.allocations + 1)
    }
  }

  @Test func longChainsAreComputedInTime() {
    onOneRank(deferringFrom: 0) { runtime in
      var x = Tensor<Double>.ones([Self.count])
      runtime.arena.resetPeak()
      let inUse = runtime.arena.statistics.inUse
      for _ in 0..<10_000 { x = x + 1 }
      #expect(x.scalars.allSatisfy { $0 == 10_001 })
      #expect(runtime.arena.statistics.peak <= inUse + 3 * Self.count * 8)
    }
  }

  @Test func manyOperandsAreAddedInOrder() {
    let sum = bothWays { _ in
      let terms = (0..<40).map { Tensor<Double>.rand([Self.count], key: Key(UInt64($0))) }
      return terms.dropFirst().reduce(terms[0], +).scalars
    }
    #expect(sum.count == Self.count)
  }

  /// Values that a variable or another expression still needs are stored in the pass that computes
  /// them.
  @Test func sharedPartsAreComputedOnce() {
    onOneRank(deferringFrom: 0) { runtime in
      let (a, b) = Self.operands()
      let shared = exp(a)
      let y = shared + b
      let z = shared - b
      let before = runtime.arena.statistics.allocations
      _ = y.storageIdentifier
      // The result, and what the variable and z need.
      #expect(runtime.arena.statistics.allocations == before + 2)
      #expect(shared.scalars == exp(a).scalars)
      #expect(z.scalars == zip(exp(a).scalars, b.scalars).map { $0 - $1 })
      withExtendedLifetime(shared) {}
    }
  }

  @Test func oneOperandTwice() {
    let square = bothWays { _ in
      let (a, _) = Self.operands()
      let t = a + 1
      return (t * t + t).scalars
    }
    #expect(square.count == Self.count)
  }

  /// What a program reads twice does not make it longer.
  @Test func whatIsMetTwiceIsCountedOnce() {
    onOneRank(deferringFrom: 0) { runtime in
      let terms = (0..<5).map { Tensor<Double>.randn([Self.count], key: Key(UInt64($0))) }
      let before = runtime.arena.statistics.allocations
      let product = { () -> Tensor<Double> in
        let sum = terms.dropFirst().reduce(terms[0], +)
        return (sum - 1) * (sum + 1)
      }()
      #expect(runtime.arena.statistics.allocations == before)
      _ = product.storageIdentifier
      #expect(runtime.arena.statistics.allocations == before + 1)
      let sum = terms.dropFirst().reduce(terms[0], +).evaluated()
      #expect(product.scalars == sum.scalars.map { ($0 - 1) * ($0 + 1) })
      var power = (terms[0] / 8).evaluated()
      let factors = power.scalars
      for _ in 0..<40 { power = (power + power) * 0.5 }
      #expect(power.scalars == factors)
    }
  }

  /// A result takes the place of an operand that nobody can see any more.
  @Test func storageOfATemporaryIsReused() {
    onOneRank(deferringFrom: 0) { runtime in
      let (a, b) = Self.operands()
      let product = { () -> Tensor<Float> in
        let temporary = (a * b).evaluated()
        return temporary + 1
      }()
      let before = runtime.arena.statistics.allocations
      _ = product.storageIdentifier
      #expect(runtime.arena.statistics.allocations == before)
      #expect(product.scalars == zip(a.scalars, b.scalars).map { $0 * $1 + 1 })
    }
  }

  @Test func aWriteDoesNotChangeWhatWaits() {
    bothWays { _ in
      var (x, y) = Self.operands()
      let doubled = x * 2
      let sum = x + y
      x[0] = 100
      y += 5
      x[...] = x + 1
      return [doubled.scalars, sum.scalars, x.scalars, y.scalars]
    }
  }

  @Test func aWriteToTheSourceOfWaitingResultsStaysInPlace() {
    onOneRank(deferringFrom: 0) { _ in
      var (x, _) = Self.operands()
      let identifier = x.storageIdentifier
      let scalars = x.scalars
      let doubled = x * 2
      x += 1
      #expect(x.storageIdentifier == identifier)
      #expect(doubled.scalars == scalars.map { $0 * 2 })
    }
  }

  @Test func writesTakeWaitingValuesAsTheyAre() {
    bothWays { _ in
      let (a, b) = Self.operands()
      var z = Tensor<Float>.zeros([Self.count])
      z[...] = a + b
      z += a * b
      z[1..<Self.count] = exp(a[0..<(Self.count - 1)])
      z -= z * 0.5
      var table = Tensor<Float>.zeros([50, 100])
      table[...] = exp(a[0..<100])
      table[3] = b[0..<100] - 1
      return [z.scalars, table.scalars]
    }
  }

  @Test func anAssignedValueNeedsNoPlaceOfItsOwn() {
    onOneRank(deferringFrom: 0) { runtime in
      let (a, b) = Self.operands()
      var z = Tensor<Float>.zeros([Self.count])
      let before = runtime.arena.statistics.allocations
      z[...] = a + b
      z += a * b
      #expect(runtime.arena.statistics.allocations == before)
      #expect(z.scalars == zip(a.scalars, b.scalars).map { $0 + $1 + $0 * $1 })
    }
  }

  @Test func reductionsReadWhatWaits() {
    onOneRank(workers: 2, deferringFrom: 0) { runtime in
      let (a, b) = Self.operands()
      let before = runtime.arena.statistics.largestInUse
      runtime.arena.resetPeak()
      let sum = (a * b).sum()
      #expect(runtime.arena.statistics.largestInUse < Self.count * 4, "\(before)")
      #expect(sum.scalars == (a * b).evaluated().sum().scalars)
    }
    let results = bothWays { _ in
      let a = Tensor<Double>.randn([30, 40, 7], key: Key(3))
      let b = Tensor<Double>.randn([40, 1], key: Key(4))
      let x = a * b - 1
      return [
        x.sum(axes: 0).scalars, x.sum(axes: 1).scalars, x.sum(axes: 2).scalars,
        x.max().scalars, x.mean(axes: [0, 2]).scalars, (x .> 0).sum().scalars.map(Double.init),
        x.argmax(axis: 1).scalars.map(Double.init), x.scalars,
      ]
    }
    #expect(results.count == 8)
  }

  /// Products and squares that are added as they come give the bits of those that are stored.
  @Test func sumsOfProductsAreThoseOfStoredOnes() {
    func differing<S: FloatingPointTensorScalar>(_ type: S.Type) -> [String] {
      var differing: [String] = []
      for shape in [[1, 5], [1, 4097], [3, 5000], [70, 33], [2, 40_000], [9, 0]] as [Shape] {
        let a = Tensor<S>.randn(shape, key: Key(5)), b = Tensor<S>.randn(shape, key: Key(6))
        let products: [(String, () -> Tensor<S>)] = [
          ("product", { a * b }), ("square", { a.square() }), ("row", { a * b[0] }),
          ("transposed", { a.transposed() * b.transposed() }),
          ("with gaps", { a[.ellipsis, .stride(by: 2)] * b[.ellipsis, .stride(by: 2)] }),
          ("with a column", { a * b.sum(axes: 1, keepingAxes: true) }),
        ]
        for (name, make) in products {
          let stored = make().evaluated()
          if make().sum().scalars != stored.sum().scalars
            || make().sum(axes: 1).scalars != stored.sum(axes: 1).scalars
            || make().sum(axes: 0).scalars != stored.sum(axes: 0).scalars
          {
            differing.append("\(S.self) \(shape) \(name)")
          }
        }
      }
      return differing
    }
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      #expect(differing(Float.self) + differing(Double.self) == [])
    }
  }

  /// What a variable still has is stored before a write or a reduction takes what is made of it,
  /// not computed again with each.
  @Test func whatIsTakenAsItComesLeavesNothingToBeDoneTwice() {
    onOneRank(deferringFrom: 0) { _ in
      let (a, b) = Self.operands()
      let x = a * 3
      let y = b + 1
      var z = Tensor<Float>.zeros([Self.count])
      z[...] = x + y
      #expect(Self.isStored(x))
      #expect(Self.isStored(y))
      let w = exp(a)
      let sum = (w - x).sum()
      #expect(Self.isStored(w))
      #expect(sum.scalars == (w.evaluated() - x.evaluated()).evaluated().sum().scalars)
      #expect(z.scalars == zip(x.scalars, y.scalars).map { $0 + $1 })
    }
  }

  /// Whether asking for the elements takes no more memory, as they are somewhere already.
  private static func isStored(_ tensor: Tensor<Float>) -> Bool {
    let before = tensor.body.runtime.arena.statistics.allocations
    _ = tensor.storageIdentifier
    return tensor.body.runtime.arena.statistics.allocations == before
  }

  @Test func operandsThatAreRepeatedAreComputedBefore() {
    bothWays { _ in
      let row = Tensor<Double>.arange(64)
      let column = Tensor<Double>.arange(100).reshaped(100, 1)
      let table = exp(row / 64) * sqrt(column) + row
      return [table.scalars, (table.transposed() * 2).scalars, table[1..<50, 3].scalars]
    }
  }

  @Test func mixedTypes() {
    bothWays { _ in
      let a = Tensor<Int32>.arange(5000)
      let mask = (a % 3) .== 0
      let x = select(mask, a.converted(to: Float.self) / 7, Tensor<Float>.ones([5000]))
      let y = x.converted(to: Double.self) * 2
      return [y.scalars, (mask .| (x .> 1)).scalars.map { $0 ? 1 : 0 }]
    }
  }

  @Test func memoryOfTheUserIsReadAtOnce() {
    onOneRank(deferringFrom: 0) { _ in
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1000)
      defer { memory.deallocate() }
      memory.initialize(repeating: 1)
      let x = Tensor<Float>(sharing: memory, shape: [1000]) {}
      let y = x * 2
      memory[0] = 50
      #expect(y.scalars.allSatisfy { $0 == 2 })
    }
  }

  /// An operand moves, and one rank of two holds enough elements to wait with them, or memory that
  /// the program may change: both end alike.
  @Test(arguments: [false, true])
  func onOneRankOfTwo(ofTheUser: Bool) throws {
    let results = try onLoopbackRanks(2) { runtime in
      let rows = ofTheUser ? 514 : 257
      var x = Tensor<Float>.randn([rows, 255], key: Key(1), sharding: .sharded(axis: 0))
      let y = Tensor<Float>.randn([rows, 255], key: Key(2), sharding: .sharded(axis: 1))
      if ofTheUser, runtime.communicator.rank == 0 {
        x = x.withUnsafeBuffer { own in
          nonisolated(unsafe) let memory = UnsafeMutableBufferPointer<Float>.allocate(
            capacity: own.count)
          _ = memory.initialize(from: own)
          return Tensor(sharing: memory, shape: [rows, 255], sharding: .sharded(axis: 0)) {
            memory.deallocate()
          }
        }
      }
      let z = x + y
      return (z.body.isPending, z.sum().item(), (z + 1).max().item())
    }
    #expect(results.map { $0.0 }.sorted { !$0 && $1 } == [false, true])
    #expect(results[0].1 == results[1].1 && results[0].2 == results[1].2)
  }

  @Test func anyThreadMayAsk() {
    onOneRank(deferringFrom: 0) { _ in
      for _ in 0..<50 {
        let (a, b) = Self.operands()
        let sum = a + b
        let results = [sum * 2, sum * 3, sum, sum + a, sum - b]
        let expected = results.map { _ in 0 }.count
        nonisolated(unsafe) var seen = [[Float]](repeating: [], count: expected)
        let lock = NSLock()
        DispatchQueue.concurrentPerform(iterations: 20) { turn in
          let number = turn % results.count
          let scalars = results[number].withUnsafeBuffer { Array($0) }
          lock.withLock { seen[number] = scalars }
        }
        let plain = zip(a.scalars, b.scalars).map { $0 + $1 }
        #expect(seen[2] == plain)
        #expect(seen[0] == plain.map { $0 * 2 })
        #expect(seen[4] == zip(plain, b.scalars).map { $0 - $1 })
      }
    }
  }

  @Test func aLackOfMemoryIsAnErrorOfTheOperationThatAsks() {
    let runtime = Runtime(
      loopback: Communicator.loopback(1)[0], memoryLimit: 3 << 20, deferringFrom: 0)
    runtime.makeCurrent {
      let x = Tensor<Float>.ones([1 << 18])
      let y = x + 1
      let z = exp(y)
      _ = y.storageIdentifier
      let w = y - 1
      _ = z.storageIdentifier
      #expect(throws: TensorError.self) { try w.body.block }
      // It stays an error, and does not harm what is there.
      #expect(throws: TensorError.self) { try w.body.block }
      #expect(y.scalars.allSatisfy { $0 == 2 })
    }
  }

  /// Large results are written past the caches, by several workers.
  @Test func largeResultsAreComplete() {
    onOneRank(workers: 2) { _ in
      let count = (1 << 21) + 77
      let x = Tensor<Float>.arange(count)
      let y = x * 2 + 1
      #expect(y.body.isPending)
      let isRight = y.withUnsafeBuffer { elements in
        elements.indices.allSatisfy { elements[$0] == Float($0) * 2 + 1 }
      }
      #expect(isRight)
      let table = Tensor<Float>.arange(2048).reshaped(2048, 1) + Tensor<Float>.arange(1500)
      let isTableRight = table.withUnsafeBuffer { elements in
        elements.indices.allSatisfy { elements[$0] == Float($0 / 1500) + Float($0 % 1500) }
      }
      #expect(isTableRight)
    }
  }
}
