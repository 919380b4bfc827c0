import Execution
import Machine
import Tessera
import TestSupport
import Testing

/// Tensors in memory of the user, and the tensor's memory in the hands of the user: the same
/// addresses, no copies, values all the same.
@Suite struct SharingTests {
  // MARK: In

  @Test func readsWhatTheUserHasWithoutCopying() throws {
    onOneRank { runtime in
      let memory = UserMemory<Float>([1, 2, 3, 4, 5, 6])
      let allocations = runtime.arena.statistics.allocations
      let x = Tensor(sharing: memory.buffer, shape: [2, 3], release: memory.release)
      #expect(x.body.address == memory.address)
      #expect(x.transposed()[1].body.address == memory.address)
      x.withUnsafeBuffer {
        #expect(UnsafeRawPointer($0.baseAddress!) == memory.address && $0.count == 6)
      }
      #expect(runtime.arena.statistics.allocations == allocations)
      #expect(x.scalars == [1, 2, 3, 4, 5, 6])
      #expect((x + 1).sum(axes: 0).scalars == [7, 9, 11])
      // What the user writes shows, in views too.
      let row = x[1]
      memory.buffer[5] = 60
      #expect(x.scalars == [1, 2, 3, 4, 5, 60] && row.scalars == [4, 5, 60])
      #expect(memory.releases == 0)
    }
  }

  /// Kernels must not take the arena's alignment for granted.
  @Test(arguments: 1..<8) func anyElementMayBeTheFirst(offset: Int) throws {
    onOneRank { _ in
      let count = 67
      let memory = UserMemory((0..<offset + count).map(Float.init))
      let part = UnsafeMutableBufferPointer(rebasing: memory.buffer[offset...])
      var x = Tensor(sharing: part, shape: [count], release: memory.release)
      x += 1
      x *= 2
      #expect(x.scalars == (0..<count).map { Float(2 * ($0 + offset + 1)) })
      #expect(part[count - 1] == Float(2 * (offset + count)))
      #expect(memory.buffer[0] == 0, "what lies before stays")
    }
  }

  @Test func aWriteHappensInTheUsersMemoryWhenNobodyElseLooks() throws {
    onOneRank { runtime in
      let memory = UserMemory<Int32>([1, 2, 3, 4])
      var x = Tensor(sharing: memory.buffer, shape: [2, 2], release: memory.release)
      let identifier = x.storageIdentifier
      let one = Tensor<Int32>.ones([2, 2])
      let allocations = runtime.arena.statistics.allocations
      x += one
      x *= 10
      #expect(runtime.arena.statistics.allocations == allocations)
      x[1, 0] = 7
      #expect(Array(memory.buffer) == [20, 30, 7, 50])
      #expect(x.storageIdentifier == identifier && memory.releases == 0)
    }
  }

  @Test func aWriteChangesNoOtherTensorAndThenNotTheUsersMemory() throws {
    onOneRank { _ in
      let memory = UserMemory<Int32>([1, 2, 3, 4])
      var x = Tensor(sharing: memory.buffer, shape: [4], release: memory.release)
      let copy = x
      let view = x[1..<3]
      x += 1
      x[0] = 9
      #expect(Array(memory.buffer) == [1, 2, 3, 4])
      #expect(copy.scalars == [1, 2, 3, 4] && view.scalars == [2, 3])
      #expect(x.scalars == [9, 3, 4, 5] && x.body.address != memory.address)
    }
  }

  @Test func memoryThatMayOnlyBeReadIsNeverWritten() throws {
    try onOneRank { runtime in
      let memory = UserMemory<Double>([1, 2, 3, 4])
      var x = Tensor(
        sharing: UnsafeBufferPointer(memory.buffer), shape: [4], release: memory.release)
      #expect(x.body.address == memory.address)
      x += 1
      #expect(memory.releases == 1, "nothing refers to it any more")
      #expect(Array(memory.buffer) == [1, 2, 3, 4] && x.scalars == [2, 3, 4, 5])
      let identifier = x.storageIdentifier
      x += 1
      #expect(x.storageIdentifier == identifier, "the copy is written in place")

      let again = UserMemory<Double>([1, 2, 3, 4])
      var y = Tensor(
        sharing: UnsafeBufferPointer(again.buffer), shape: [4], release: again.release)
      y.withUnsafeMutableBuffer { $0[0] = 9 }
      #expect(again.buffer[0] == 1 && y.scalars == [9, 2, 3, 4] && again.releases == 1)
      let parameter = Parameter(
        Tensor(sharing: UnsafeBufferPointer(again.buffer), shape: [4]))
      try parameter.assign(y)
      #expect(Array(again.buffer) == [1, 2, 3, 4] && parameter.value.scalars == [9, 2, 3, 4])
    }
  }

  @Test func memoryIsReleasedOnceWithTheLastTensorThatRefersToIt() throws {
    onOneRank { _ in
      let memory = UserMemory<Float>([1, 2, 3, 4])
      var x: Tensor? = Tensor(sharing: memory.buffer, shape: [2, 2], release: memory.release)
      var view: Tensor? = x!.transposed()[0]
      let computed = x! + 1
      x = nil
      #expect(memory.releases == 0 && view!.scalars == [1, 3])
      view! += 1
      #expect(Array(memory.buffer) == [2, 2, 4, 4], "a view that is alone writes in place too")
      view = nil
      #expect(memory.releases == 1 && computed.scalars == [2, 3, 4, 5])
    }
  }

  @Test func aTapeKeepsTheUsersMemoryAsItWas() throws {
    onOneRank { _ in
      let memory = UserMemory<Double>([1, 2, 3])
      var x = Tensor(sharing: memory.buffer, shape: [3], release: memory.release)
      let tape = GradientTape()
      tape.watch(x)
      let kept = x
      let loss = tape.record { x.square().sum() }
      x += 100
      x.withUnsafeMutableBuffer { $0[0] = 0 }
      #expect(tape.gradients(of: loss, at: [kept])[0].scalars == [2, 4, 6])
      #expect(Array(memory.buffer) == [1, 2, 3])
    }
  }

  @Test func explainedOperationsReleaseTheMemoryToo() throws {
    let outcomes = try onLoopbackRanks(2) { _ in
      let memory = UserMemory<Float>([1, 2])
      let plans = explain {
        Tensor(sharing: memory.buffer, shape: [2], release: memory.release) + 1
      }
      return (plans.count, memory.releases)
    }
    #expect(outcomes.allSatisfy { $0 == (1, 1) })
  }

  @Test(arguments: [1, 2, 3, 5]) func everyRankSharesItsOwnPart(ranks: Int) throws {
    let shape: Shape = [7, 3]
    let whole = (0..<21).map(Float.init)
    for axis in 0..<2 {
      let outcomes = try onLoopbackRanks(ranks) { runtime in
        let reference = Tensor(whole, shape: shape, sharding: .sharded(axis: axis))
        let memory = UserMemory(reference.localPart)
        let before = runtime.communicator.traffic
        var x = Tensor(
          sharing: memory.buffer, shape: shape, sharding: .sharded(axis: axis),
          release: memory.release)
        var findings = Findings()
        findings.check(x.localShape == reference.localShape && x.sharding == reference.sharding)
        x *= 2
        findings.check(runtime.communicator.traffic == before, "sharing is local")
        findings.check(Array(memory.buffer) == reference.localPart.map { 2 * $0 })
        let moved = x.redistributed(to: .sharded(axis: 1 - axis))
        findings.check(moved.scalars == whole.map { 2 * $0 })
        return findings.all
      }
      #expect(outcomes.joined().isEmpty, "\(Array(outcomes.joined()))")
    }
  }

  @Test(arguments: [1, 2, 5]) func nothingCanBeSharedToo(ranks: Int) throws {
    let outcomes = try onLoopbackRanks(ranks) { runtime in
      let empty = UnsafeMutableBufferPointer<Double>(start: nil, count: 0)
      let none = Tensor(sharing: empty, shape: [0, 3], sharding: .sharded(axis: 0))
      let sum = (none + 1).sum().item()
      // Fewer rows than ranks: only some ranks have one.
      let cuts = CutPoints(evenly: 1, into: ranks).range(of: runtime.communicator.rank)
      let memory = UserMemory([Double](repeating: 4, count: cuts.count))
      let one = Tensor(
        sharing: cuts.isEmpty ? empty : memory.buffer, shape: [1], sharding: .sharded(axis: 0))
      return none.scalars.isEmpty && sum == 0 && one.scalars == [4]
    }
    #expect(outcomes.allSatisfy { $0 })
  }

  @Test func everyScalarTypeCanBeShared() throws {
    func check<Scalar: TensorScalar>(_ scalars: [Scalar]) {
      let memory = UserMemory(scalars)
      let x = Tensor(sharing: memory.buffer, shape: [scalars.count], release: memory.release)
      #expect(x.scalars == scalars && x.body.address == memory.address)
    }
    onOneRank { _ in
      check([1.5, -2] as [Float])
      check([1.5, -2] as [Double])
      check([.min, .max] as [Int32])
      check([.min, .max] as [Int64])
      check([.min, .max] as [Int])
      check([.min, .max] as [UInt8])
      check([true, false])
    }
  }

  // MARK: Bad input

  struct Mistake: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let contains: [String]
    var isLocal = false
    let make: @Sendable (UserMemory<Float>) throws -> Void
  }

  static let mistakes = [
    Mistake(testDescription: "negative extent", contains: ["[-1, 6]", "not negative"]) {
      _ = try Tensor(checkedSharing: $0.buffer, shape: [-1, 6], release: $0.release)
    },
    Mistake(testDescription: "huge", contains: ["\(Int.max)", "addressed"]) {
      _ = try Tensor(checkedSharing: $0.buffer, shape: [Int.max, 4], release: $0.release)
    },
    Mistake(testDescription: "axis", contains: ["axis 2", "[2, 3]"]) {
      _ = try Tensor(
        checkedSharing: $0.buffer, shape: [2, 3], sharding: .sharded(axis: 2),
        release: $0.release)
    },
    Mistake(testDescription: "partial", contains: ["partial", "replicated"]) {
      _ = try Tensor(
        checkedSharing: $0.buffer, shape: [2, 3], sharding: .partial(.sum), release: $0.release)
    },
    Mistake(
      testDescription: "too few", contains: ["6 elements", "[2, 4]", "8 elements"], isLocal: true
    ) {
      _ = try Tensor(checkedSharing: $0.buffer, shape: [2, 4], release: $0.release)
    },
    Mistake(testDescription: "too many", contains: ["6 elements", "4 elements"], isLocal: true) {
      _ = try Tensor(
        checkedSharing: UnsafeBufferPointer($0.buffer), shape: [4], release: $0.release)
    },
    Mistake(
      testDescription: "the whole where a part belongs",
      contains: ["6 elements", "[18]", "[9]", "rank 0"], isLocal: true
    ) {
      _ = try Tensor(
        checkedSharing: $0.buffer, shape: [18], sharding: .sharded(axis: 0), release: $0.release)
    },
    Mistake(testDescription: "misaligned", contains: ["address", "multiple of 4"], isLocal: true) {
      let bytes = $0.address + 1
      _ = try Tensor(
        checkedSharing: UnsafeMutableBufferPointer(
          start: UnsafeMutablePointer<Float>(OpaquePointer(bytes)), count: 5),
        shape: [5], release: $0.release)
    },
  ]

  @Test(arguments: mistakes) func mistakesAreToldAndReleaseNothing(_ mistake: Mistake) throws {
    let outcomes = try onLoopbackRanks(2) { _ in
      let memory = UserMemory<Float>([1, 2, 3, 4, 5, 6])
      do {
        // Whoever wants the same error everywhere lets the ranks agree, as for everything local.
        try Job.agreeing(on: "share") { () throws(TensorError) in
          do { try mistake.make(memory) } catch { throw error as! TensorError }
        }
        return ("nothing was thrown", memory.releases)
      } catch {
        return ("\(error)", memory.releases)
      }
    }
    for text in ["Tensor(sharing:)"] + mistake.contains {
      #expect(outcomes[0].0.contains(text), "\(outcomes[0].0)")
    }
    #expect(outcomes.allSatisfy { $0 == outcomes[0] && $0.1 == 0 })
  }
}

extension SharingTests {
  /// The door that does not throw ends the process with the same message, and without a trap.
  @Test func aMistakeEndsTheJobWithItsMessage() async throws {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent])
    {
      let memory = UserMemory<Float>([1, 2, 3])
      _ = Tensor(sharing: memory.buffer, shape: [2], release: memory.release)
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("tessera: Tensor(sharing:) (on rank 0): given a buffer of 3 elements"))
  }
}

/// Memory outside of all arenas, whose releases are counted; given back with its last reference.
final class UserMemory<Scalar>: @unchecked Sendable {
  // Unchecked because a rank of a test is one thread, and its memory its own.
  let buffer: UnsafeMutableBufferPointer<Scalar>
  private(set) var releases = 0

  init(_ scalars: [Scalar]) {
    buffer = .allocate(capacity: scalars.count)
    _ = buffer.initialize(from: scalars)
  }

  deinit { buffer.deallocate() }

  var address: UnsafeMutableRawPointer { UnsafeMutableRawPointer(buffer.baseAddress!) }

  /// Keeps the memory alive until it is called, as a user's closure would.
  var release: @Sendable () -> Void { { self.releases += 1 } }
}
