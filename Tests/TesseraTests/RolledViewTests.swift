import Execution
import Tessera
import TestSupport
import Testing

/// Rolled tensors that wait: elementwise work reads what they were made of where it lies.
@Suite struct RolledViewTests {
  /// What rolling gives, element by element.
  private static func rolled<S>(_ elements: [S], _ shape: Shape, by distance: Int, axis: Int) -> [S]
  {
    if elements.isEmpty { return [] }
    let inner = shape[(axis + 1)...].reduce(1, *)
    let extent = shape[axis]
    return elements.indices.map { number in
      let place = number / inner % extent
      let source = ((place - distance) % extent + extent) % extent
      return elements[number + (source - place) * inner]
    }
  }

  private static let shapes: [Shape] = [
    [300], [1, 300], [2, 300], [3, 5, 300], [3, 2500], [200, 3], [2, 2, 130], [1, 1], [0, 300],
    [300, 0], [4, 256, 2],
  ]

  private static func distances(_ extent: Int) -> [Int] {
    [0, 1, -1, 2, extent / 2, extent - 1, extent, 2 * extent + 3, -5 * extent - 2]
  }

  /// Ways to lie, all of one shape.
  private static func layouts<S>(_ x: Tensor<S>) -> [(name: String, tensor: Tensor<S>)] {
    let reversed = Array(x.shape.indices.reversed())
    let wide = stack([x, x], axis: x.shape.count)[.ellipsis, 1]
    return [
      ("as it is", x), ("transposed", x.permuted(reversed).evaluatedCopy().permuted(reversed)),
      ("with gaps", wide), ("reversed", x.flipped(axes: 0)),
      ("behind others", concatenate([x, x], axis: 0)[x.shape[0]...]),
    ]
  }

  private static func check<S: IntegerTensorScalar>(
    _ type: S.Type, deferringFrom least: Int, _ findings: inout Findings
  ) {
    onOneRank(workers: 2, deferringFrom: least) { _ in
      for shape in shapes {
        let count = shape.reduce(1, *)
        let x = Tensor<S>(
          (0..<count).map { S(truncatingIfNeeded: $0 % 50) }, shape: shape)
        for (name, tensor) in layouts(x) {
          let elements = tensor.scalars
          for axis in shape.indices {
            for distance in distances(shape[axis]) {
              let turned = Self.rolled(elements, shape, by: distance, axis: axis)
              let view = tensor.rolled(by: distance, axis: axis)
              let sum = view * 2 - tensor
              let expected = zip(turned, elements).map { $0 &* 2 &- $1 }
              let what = "\(S.self) \(shape) \(name) by \(distance) along \(axis)"
              findings.check(sum.scalars == expected, "\(what), in a sum")
              findings.check(view.scalars == turned, what)
            }
          }
        }
      }
    }
  }

  @Test(arguments: [0, .max]) func givesWhatRollingGives(deferringFrom least: Int) {
    var findings = Findings()
    Self.check(Int8.self, deferringFrom: least, &findings)
    Self.check(Int64.self, deferringFrom: least, &findings)
    #expect(findings.all == [])
  }

  @Test func rolledOperandsTakeNoMemory() {
    onOneRank(deferringFrom: 0) { runtime in
      let x = Tensor<Float>.randn([20, 300], key: Key(1))
      let before = runtime.arena.statistics
      let up = x.rolled(by: 1, axis: 0)
      let right = x.rolled(by: -1, axis: 1).rolled(by: 3, axis: 1)
      let sum = up + right * x + up.rolled(by: 2, axis: 0)
      #expect(runtime.arena.statistics.allocations == before.allocations)
      _ = sum.storageIdentifier
      // Not what the variable has either.
      #expect(runtime.arena.statistics.allocations == before.allocations + 1)
      #expect(up.body.isPending)
      #expect(sum.scalars == self.stored(x).scalars)
    }
  }

  /// The same from rolled tensors with elements of their own.
  private func stored(_ x: Tensor<Float>) -> Tensor<Float> {
    let up = x.rolled(by: 1, axis: 0).evaluated()
    let right = x.rolled(by: 2, axis: 1).evaluated()
    return up + right * x + x.rolled(by: 3, axis: 0).evaluated()
  }

  @Test func aSmallOrNarrowOneIsComputedAtOnce() {
    onOneRank(deferringFrom: 100) { _ in
      #expect(!Tensor<Float>.ones([99]).rolled(by: 1, axis: 0).body.isPending)
      #expect(!Tensor<Float>.ones([100, 20]).rolled(by: 1, axis: 1).body.isPending)
      #expect(!Tensor<Float>.ones([300, 300]).transposed().rolled(by: 1, axis: 0).body.isPending)
      #expect(Tensor<Float>.ones([100, 20]).rolled(by: 1, axis: 0).body.isPending)
      #expect(Tensor<Float>.ones([2, 400]).rolled(by: 1, axis: 1).body.isPending)
    }
  }

  @Test func elementsThatAreAskedForAreStoredOnce() {
    onOneRank(deferringFrom: 0) { runtime in
      let x = Tensor<Float>.randn([400, 300], key: Key(1))
      let y = Tensor<Float>.randn([300, 5], key: Key(2))
      let view = x.rolled(by: 7, axis: 1)
      let before = runtime.arena.statistics.allocations
      _ = view.storageIdentifier
      #expect(runtime.arena.statistics.allocations == before + 1)
      _ = view.storageIdentifier
      #expect(runtime.arena.statistics.allocations == before + 1)
      let other = x.rolled(by: 7, axis: 1)
      let notes = profile { _ = other.storageIdentifier }
      #expect(notes.stored.map(\.name) == ["rolled"], "\(notes)")
      #expect(notes.stored.map(\.byteCount) == [4 * 400 * 300], "\(notes)")
      let elements = Self.rolled(x.scalars, x.shape, by: 7, axis: 1)
      #expect(matmul(view, y) == matmul(Tensor(elements, shape: x.shape), y))
      #expect(view[3..<5].scalars == Array(elements[900..<1500]))
    }
  }

  /// Passes that read each element once give the bits of stored elements.
  @Test func reductionsReadWhereElementsLie() {
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      var findings = Findings()
      for shape in [[3, 20, 300], [5, 40_000], [700, 2, 260], [70_000]] as [Shape] {
        let x = Tensor<Double>.randn(shape, key: Key(3))
        let y = Tensor<Double>.randn(shape, key: Key(4))
        for axis in shape.indices {
          for (name, make) in [
            ("alone", { x.rolled(by: -1, axis: axis) }),
            ("in a product", { x.rolled(by: 3, axis: axis) * y }),
            ("in a sum", { x.rolled(by: 3, axis: 0).rolled(by: 1, axis: axis) + y - 1 }),
          ] as [(String, () -> Tensor<Double>)] {
            let stored = make().evaluated()
            for reduced in shape.indices {
              let what = "\(shape) \(name), rolled along \(axis), over \(reduced)"
              findings.check(
                make().sum(axes: [reduced]).scalars == stored.sum(axes: [reduced]).scalars, what)
              findings.check(
                make().max(axes: [reduced]).scalars == stored.max(axes: [reduced]).scalars, what)
              findings.check(
                make().product(axes: [reduced]).scalars == stored.product(axes: [reduced]).scalars,
                what)
              findings.check(
                make().variance(axes: [reduced]).scalars
                  == stored.variance(axes: [reduced]).scalars, what)
              findings.check(
                make().cumulativeSum(axis: reduced).scalars
                  == stored.cumulativeSum(axis: reduced).scalars, what)
            }
            findings.check(
              make().sum().scalars == stored.sum().scalars, "\(shape) \(name) \(axis)")
          }
        }
      }
      #expect(findings.all == [])
    }
  }

  @Test func rowsAndColumnsAreRepeated() {
    onOneRank(deferringFrom: 0) { _ in
      let row = Tensor<Int32>.arange(300)
      let x = Tensor<Int32>.arange(1200).reshaped(4, 300)
      let sum = x + row.rolled(by: 1, axis: 0)
      let turned = Self.rolled(row.scalars, [300], by: 1, axis: 0)
      #expect(sum.scalars == (0..<1200).map { Int32($0) + turned[$0 % 300] })
      let wide = row.expanded(to: [4, 300]).rolled(by: 1, axis: 0).rolled(by: 1, axis: 1) - x
      #expect(wide.scalars == (0..<1200).map { turned[$0 % 300] - Int32($0) })
    }
  }

  /// Writes see what was there before them, and so does what waits.
  @Test func writesComeAfter() {
    typealias Step = (inout Tensor<Int64>) -> Void
    let steps: [(name: String, step: Step, expected: ([Int64]) -> [Int64])] = [
      (
        "added", { $0 += $0.rolled(by: 1, axis: 0) },
        { zip($0, Self.rolled($0, [20, 300], by: 1, axis: 0)).map(+) }
      ),
      (
        "assigned", { $0[...] = $0.rolled(by: 5, axis: 1) },
        { Self.rolled($0, [20, 300], by: 5, axis: 1) }
      ),
      (
        "assigned what is made of it",
        { $0[...] = $0.rolled(by: -1, axis: 1) * 3 - $0.rolled(by: 2, axis: 0) },
        {
          zip(
            Self.rolled($0, [20, 300], by: -1, axis: 1), Self.rolled($0, [20, 300], by: 2, axis: 0)
          ).map { $0 * 3 - $1 }
        }
      ),
      (
        "assigned to a part", { $0[0..<2] = $0[10..<12].rolled(by: 1, axis: 1) + 1 },
        {
          Self.rolled(Array($0[3000..<3600]), [2, 300], by: 1, axis: 1).map { $0 + 1 }
            + $0[600...]
        }
      ),
      (
        "its own part", { $0[0..<2] = $0[0..<2].rolled(by: 1, axis: 0) },
        { Array($0[300..<600] + $0[..<300] + $0[600...]) }
      ),
    ]
    for least in [0, .max] {
      onOneRank(workers: 2, deferringFrom: least) { _ in
        for (name, step, expected) in steps {
          var x = Tensor<Int64>.arange(6000).reshaped(20, 300).evaluatedCopy()
          let before = x.scalars
          let place = x.storageIdentifier
          step(&x)
          #expect(x.scalars == expected(before), "\(name)")
          #expect(x.storageIdentifier == place, "\(name) is not in place")
        }
        var x = Tensor<Int64>.arange(6000).reshaped(20, 300).evaluatedCopy()
        let before = x.scalars
        let place = x.storageIdentifier
        let view = x.rolled(by: 1, axis: 1)
        let sum = x.rolled(by: 1, axis: 0) + 1
        x[0] = 7
        x += 1
        #expect(view.scalars == Self.rolled(before, [20, 300], by: 1, axis: 1))
        #expect(sum.scalars == Self.rolled(before, [20, 300], by: 1, axis: 0).map { $0 + 1 })
        #expect(x.storageIdentifier == place)
      }
    }
  }

  /// A result takes the place of an operand only where it reads each element before it writes it.
  @Test func aTemporaryIsNotWrittenWhileItIsRead() {
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      let x = Tensor<Int32>.arange(100_000)
      let sum = { () -> Tensor<Int32> in
        let temporary = (x * 3).evaluated()
        return temporary.rolled(by: 1, axis: 0) + 1
      }()
      let expected = Self.rolled((0..<100_000).map { $0 * 3 }, [100_000], by: 1, axis: 0)
      #expect(sum.scalars == expected.map { Int32($0 + 1) })
      let both = { () -> Tensor<Int32> in
        let temporary = (x * 3).evaluated()
        return temporary - temporary.rolled(by: 1, axis: 0)
      }()
      #expect(both.scalars == [-299_997] + Array(repeating: 3, count: 99_999))
    }
  }

  @Test func gradientsMoveBack() {
    onOneRank(deferringFrom: 0) { _ in
      var x = Tensor<Double>.randn([20, 300], key: Key(1))
      let y = Tensor<Double>.randn([20, 300], key: Key(2))
      let slope = gradient { (x: Tensor<Double>) in
        (x.rolled(by: 2, axis: 1).rolled(by: -1, axis: 0) * y).sum()
      }(x)
      let rows = Self.rolled(y.scalars, y.shape, by: 1, axis: 0)
      #expect(slope.scalars == Self.rolled(rows, y.shape, by: -2, axis: 1))
      // A value that a tape keeps stays what it was when its source is written.
      let tape = GradientTape()
      tape.watch(y)
      let sum = tape.record { (y * x.rolled(by: 1, axis: 1)).sum() }
      let turned = Self.rolled(x.scalars, x.shape, by: 1, axis: 1)
      x[...] = x * 0
      #expect(x.scalars.allSatisfy { $0 == 0 })
      #expect(tape.gradients(of: sum, at: [y])[0].scalars == turned)
    }
  }

  @Test func memoryOfTheUserIsReadAtOnce() {
    onOneRank(deferringFrom: 0) { _ in
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1000)
      defer { memory.deallocate() }
      memory.initialize(repeating: 1)
      let x = Tensor<Float>(sharing: memory, shape: [1000]) {}
      let y = x.rolled(by: 1, axis: 0)
      let z = y * 2
      memory[0] = 50
      #expect(y.scalars.allSatisfy { $0 == 1 } && z.scalars.allSatisfy { $0 == 2 })
    }
  }

  /// Along an axis that is whole on every rank nothing moves and nothing is stored.
  @Test(arguments: [1, 2, 3]) func everyRankReadsWhatItHolds(ranks: Int) throws {
    let shape: Shape = [7, 300]
    let elements = (0..<2100).map { Int64($0) * 7 % 1009 }
    let found = try onLoopbackRanks(ranks, deferringFrom: 0) { runtime in
      var findings = Findings()
      let x = Tensor<Int64>(elements, shape: shape, sharding: .sharded(axis: 0))
      let traffic = runtime.communicator.traffic
      let before = runtime.arena.statistics.allocations
      let sum = x.rolled(by: 1, axis: 1) * 2 - x
      _ = sum.storageIdentifier
      findings.check(runtime.communicator.traffic.bytesReceived == traffic.bytesReceived, "moved")
      findings.check(runtime.arena.statistics.allocations == before + 1, "stored")
      let across = x.rolled(by: -3, axis: 0)
      findings.check(across.body.isPending == (ranks == 1), "waits")
      findings.check(across.sharding == x.sharding, "\(across.sharding)")
      let turned = Self.rolled(elements, shape, by: 1, axis: 1)
      let expected = zip(turned, elements).map { $0 * 2 - $1 }
      findings.check(sum == Tensor(expected, shape: shape), "a sum")
      let moved = Self.rolled(elements, shape, by: -3, axis: 0)
      findings.check(across == Tensor(moved, shape: shape), "across ranks")
      findings.check(
        across.rolled(by: 1, axis: 1) + 0
          == Tensor(Self.rolled(moved, shape, by: 1, axis: 1), shape: shape), "both")
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  /// What a dry run says of memory is what a real run takes.
  @Test func dryRunsCountWhatIsStored() throws {
    @Sendable func program() {
      let x = Tensor<Float>.rand([300, 500], key: Key(1))
      let sum = x + x.rolled(by: 1, axis: 0) + x.rolled(by: -1, axis: 1)
      _ = sum.rolled(by: 1, axis: 1).evaluated()
    }
    let real = onOneRank { runtime in
      program()
      return runtime.arena.statistics.peak
    }
    let dry = try dryRun(ranks: 1, reporting: [0], program)
    let peak = dry.reports[0].peakMemory
    #expect(peak <= real && real - peak <= real / 20, "\(peak) of \(real)")
  }

  /// Eight neighbours, and a rule that looks at their sum twice.
  @Test func theGameOfLifeIsOnePass() {
    onOneRank(workers: 2, deferringFrom: 0) { runtime in
      let cells = (Tensor<Int32>.arange(50 * 300).reshaped(50, 300) * 7919 / 13 % 2)
        .converted(to: Int8.self).evaluated()
      let before = runtime.arena.statistics.allocations
      let lives = { () -> Tensor<Bool> in
        var around = cells.rolled(by: 1, axis: 0).rolled(by: 1, axis: 1)
        for (down, right) in [(0, 1), (-1, 1), (1, 0), (-1, 0), (1, -1), (0, -1), (-1, -1)] {
          around = around + cells.rolled(by: down, axis: 0).rolled(by: right, axis: 1)
        }
        return around .== 3
      }()
      let columns = { () -> Tensor<Bool> in
        let around = cells + cells.rolled(by: 1, axis: 0) + cells.rolled(by: -1, axis: 0)
        return (around .== 3) .| ((around .== 2) .& (cells .== 1))
      }()
      _ = (lives.storageIdentifier, columns.storageIdentifier)
      #expect(runtime.arena.statistics.allocations == before + 2)
      let elements = cells.scalars
      func neighbours(_ row: Int, _ column: Int, _ places: [(Int, Int)]) -> Int8 {
        places.reduce(0) {
          $0 + elements[(row + $1.0 + 50) % 50 * 300 + (column + $1.1 + 300) % 300]
        }
      }
      let ring = [(1, 1), (0, 1), (-1, 1), (1, 0), (-1, 0), (1, -1), (0, -1), (-1, -1)]
      var (all, own): ([Bool], [Bool]) = ([], [])
      for row in 0..<50 {
        for column in 0..<300 {
          all.append(neighbours(row, column, ring) == 3)
          let near = neighbours(row, column, [(0, 0), (1, 0), (-1, 0)])
          own.append(near == 3 || near == 2 && elements[row * 300 + column] == 1)
        }
      }
      #expect(lives.scalars == all && columns.scalars == own)
    }
  }
}

extension Tensor {
  /// The same elements in memory of their own, in row-major order.
  fileprivate func evaluatedCopy() -> Tensor { Tensor(scalars, shape: shape) }
}
