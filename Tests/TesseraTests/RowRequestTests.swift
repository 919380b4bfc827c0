import Execution
import MessagePassing
import Tessera
import TestSupport
import Testing

/// Rows of a cut axis at positions of which each rank holds a part: taken, written and added,
/// against loops, on numbers of ranks below, at and above what a part is made of.
@Suite struct RowRequestTests {
  static let ranks = [1, 2, 3, 4, 5, 8]

  /// Many beside the positions, so that rows are asked for.
  private static let extent = 2000
  private static let count = 120

  /// A position in no order; some come twice.
  private static func place(_ index: Int) -> Int { index % 90 * 7919 % extent }

  /// Positions that lie in several ways over the ranks; every third counts from the end.
  private static func lists() -> [(name: String, positions: Tensor<Int64>)] {
    let numbers = (0..<count).map { Int64(place($0) - ($0 % 3 == 0 ? extent : 0)) }
    let longer = Tensor<Int64>(
      numbers + numbers, shape: [2 * count], sharding: .sharded(axis: 0))
    func matrix(_ axis: Int) -> Tensor<Int64> {
      Tensor<Int64>(numbers, shape: [count / 4, 4], sharding: .sharded(axis: axis))
    }
    return [
      ("even", Tensor<Int64>(numbers, shape: [count], sharding: .sharded(axis: 0))),
      // The last ranks have none.
      ("first", longer[..<count]),
      ("matrix", matrix(0)), ("columns", matrix(1)),
    ]
  }

  private static func value(_ index: Int) -> Double { Double((index * 31 + 7) % 97) }

  /// A tensor that is cut along an axis, evenly, or so that the first rank has less than others.
  private static func source<S: TensorScalar>(
    _ shape: Shape, _ axis: Int, isEven: Bool
  ) -> Tensor<S> {
    var longer = shape
    if !isEven { longer[axis] += extent / 10 }
    var values: [S] = []
    for number in 0..<longer.elementCount {
      // By the place in the shape itself.
      let inner = longer.elementCount(of: axis + 1..<longer.count)
      let (outer, rest) = number.quotientAndRemainder(dividingBy: longer[axis] * inner)
      let row = rest / inner - (longer[axis] - shape[axis])
      let index = (outer * shape[axis] + row) * inner + rest % inner
      values.append(S(scalarValue: ScalarValue(row < 0 ? 0 : value(index), as: S.scalarType)))
    }
    let x = Tensor<S>(values, shape: longer, sharding: .sharded(axis: axis))
    if isEven { return x }
    return axis == 0 ? x[(extent / 10)...] : x[..., (extent / 10)...]
  }

  /// The shapes of tensors, with the axis that is cut.
  private static let shapes: [(shape: Shape, axis: Int)] = [
    ([extent], 0), ([extent, 3], 0), ([2, extent, 3], 1), ([2, extent], 1),
  ]

  private static func takenShape(_ shape: Shape, _ axis: Int, _ list: Shape) -> Shape {
    Shape(shape[..<axis] + Array(list) + shape[(axis + 1)...])
  }

  /// Numbers of a shape that belong to row j of the list: `element(row, outer, inner)`, by the
  /// order of the tensor of what was taken.
  private static func taken(
    _ shape: Shape, _ axis: Int, _ element: (_ row: Int, _ outer: Int, _ inner: Int) -> Double
  ) -> [Double] {
    let inner = shape.elementCount(of: axis + 1..<shape.count)
    var all: [Double] = []
    for outer in 0..<shape.elementCount(of: 0..<axis) {
      for row in 0..<count { for i in 0..<inner { all.append(element(row, outer, i)) } }
    }
    return all
  }

  private static func check<S: TensorScalar>(
    _: S.Type, on runtime: Runtime, _ findings: inout Findings
  ) throws {
    for (shape, axis) in shapes {
      let inner = shape.elementCount(of: axis + 1..<shape.count)
      for isEven in [true, false] {
        let x: Tensor<S> = source(shape, axis, isEven: isEven)
        for (name, positions) in lists() {
          let text = "\(S.self) \(shape) \(name), even: \(isEven)"
          let recorder = PlanRecorder()
          let before = runtime.communicator.traffic
          let result = try recorder.record { try x.taken(at: positions, axis: axis) }
          let received = (runtime.communicator.traffic - before).bytesReceived
          let rank = runtime.communicator.rank
          let planned = recorder.plans.reduce(0) { $0 + $1.bytesReceived(by: rank) }
          findings.check(received == planned, "\(text): \(received) bytes, planned \(planned)")
          let isRequested = recorder.plans.contains { $0.rowRequests != nil }
          findings.check(isRequested == (runtime.communicator.size > 1), "\(text): another way")
          findings.check(
            result.shape == takenShape(shape, axis, positions.shape),
            "\(text): \(result.shape)")
          let isOne = runtime.communicator.size == 1
          findings.check(isOne || result.sharding.isCut(along: axis), "\(text): lies elsewhere")
          let expected = taken(shape, axis) { row, outer, i in
            let number = value((outer * extent + place(row)) * inner + i)
            return ScalarValue(number, as: S.scalarType).number
          }
          let ours = try result.gatheredScalars().map(\.scalarValue.number)
          findings.check(ours == expected, "\(text): other rows")
        }
      }
    }
  }

  @Test(arguments: ranks) func rowsAreThoseOfALoop(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { runtime in
      var findings = Findings()
      try Self.check(Float.self, on: runtime, &findings)
      try Self.check(Double.self, on: runtime, &findings)
      try Self.check(Bool.self, on: runtime, &findings)
      try Self.check(UInt8.self, on: runtime, &findings)
      try Self.check(Int16.self, on: runtime, &findings)
      try Self.check(UInt64.self, on: runtime, &findings)
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  /// Where ranks share memory, too, with messages in pieces.
  @Test func nodesGiveTheSame() throws {
    let found = try onLoopbackRanks(4, ranksPerNode: 2) { runtime in
      var findings = Findings()
      try Self.check(Float.self, on: runtime, &findings)
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  @Test(arguments: ranks) func slopesAreAddedAtTheOwners(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      for (shape, axis) in Self.shapes {
        let inner = shape.elementCount(of: axis + 1..<shape.count)
        for (name, positions) in Self.lists() {
          let text = "\(shape) \(name)"
          let x: Tensor<Double> = Self.source(shape, axis, isEven: false)
          let weights = Tensor<Double>(
            Self.taken(shape, axis) { row, outer, i in Double(row % 7 + 2 * outer + i) },
            shape: Self.takenShape(shape, axis, positions.shape))
          func loss(_ x: Tensor<Double>) -> Tensor<Double> {
            let rows = x.taking(positions, axis: axis)
            return (rows * rows * weights).sum()
          }
          let slope = gradient(of: loss)(x)
          let second = gradient(of: { gradient(of: loss)($0).sum() })(x)
          var weight = [Double](repeating: 0, count: shape.elementCount)
          for outer in 0..<shape.elementCount(of: 0..<axis) {
            for row in 0..<Self.count {
              for i in 0..<inner {
                weight[(outer * Self.extent + Self.place(row)) * inner + i] += Double(
                  row % 7 + 2 * outer + i)
              }
            }
          }
          findings.check(slope.sharding == x.sharding, "\(text): a slope that lies elsewhere")
          findings.check(
            try slope.gatheredScalars() == weight.indices.map { 2 * weight[$0] * Self.value($0) },
            "\(text): another slope")
          findings.check(
            try second.gatheredScalars() == weight.map { 2 * $0 }, "\(text): another second slope")
        }
      }
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  @Test(arguments: ranks) func rowsAreWrittenInTheirOrder(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { runtime in
      var findings = Findings()
      for (shape, axis) in Self.shapes {
        let inner = shape.elementCount(of: axis + 1..<shape.count)
        for (name, positions) in Self.lists() {
          let text = "\(shape) \(name)"
          let numbers = Self.taken(shape, axis) { row, outer, i in
            Double(1000 + (outer * Self.count + row) * inner + i)
          }
          let rows = Tensor<Double>(
            numbers,
            shape: Self.takenShape(shape, axis, positions.shape),
            sharding: .sharded(axis: axis))
          let x: Tensor<Double> = Self.source(shape, axis, isEven: true)
          var expected = (0..<shape.elementCount).map(Self.value)
          var last = [Bool](repeating: false, count: numbers.count)
          var written: [Int: Int] = [:]
          for (number, value) in numbers.enumerated() {
            let (outer, rest) = number.quotientAndRemainder(dividingBy: Self.count * inner)
            let target =
              (outer * Self.extent + Self.place(rest / inner)) * inner + rest % inner
            if let before = written[target] { last[before] = false }
            written[target] = number
            last[number] = true
            expected[target] = value
          }
          var y = x
          let recorder = PlanRecorder()
          try recorder.record { try y.put(rows, at: positions, axis: axis) }
          let isRequested = recorder.plans.contains { $0.rowRequests != nil }
          findings.check(isRequested == (runtime.communicator.size > 1), "\(text): another way")
          findings.check(try y.gatheredScalars() == expected, "\(text): other elements")
          findings.check(y.sharding == x.sharding, "\(text): lies elsewhere")
          guard axis == 0 else { continue }
          // Only the row that stays has a slope, and what is written over has none.
          let slope = gradient(of: { (rows: Tensor<Double>) in
            var y = x
            y[positions] = rows
            return (y * 3).sum()
          })(rows)
          findings.check(
            try slope.gatheredScalars() == last.map { $0 ? 3 : 0 }, "\(text): slopes of rows")
          let stayed = gradient(of: { (x: Tensor<Double>) in
            var y = x
            y[positions] = rows
            return (y * 3).sum()
          })(x)
          findings.check(
            try stayed.gatheredScalars() == expected.indices.map { written[$0] == nil ? 3 : 0 },
            "\(text): slopes of what stays")
        }
      }
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  /// A tensor that is small beside the positions comes to all ranks, in whatever way both lie.
  @Test(arguments: ranks) func smallTensorsComeToAllRanks(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { runtime in
      var findings = Findings()
      let (extent, count) = (20, 1200)
      let numbers = (0..<count).map { Int64($0 * 7 % extent - ($0 % 3 == 0 ? extent : 0)) }
      for axis in [0, 1] {
        let x = Tensor<Double>(
          (0..<2 * extent).map(Self.value), shape: axis == 0 ? [extent, 2] : [2, extent],
          sharding: .sharded(axis: axis))
        let matrix: Shape = [count / 4, 4]
        for (shape, cut) in [([count], 0), (matrix, 0), (matrix, 1)] as [(Shape, Int)] {
          let positions = Tensor<Int64>(numbers, shape: shape, sharding: .sharded(axis: cut))
          let recorder = PlanRecorder()
          let result = try recorder.record { try x.taken(at: positions, axis: axis) }
          let text = "axis \(axis), \(shape) cut along \(cut)"
          let isGathered = recorder.plans.contains {
            $0.operation == "redistributed" && $0.result.shape == x.shape
          }
          findings.check(
            isGathered == (runtime.communicator.size > 1)
              && !recorder.plans.contains { $0.rowRequests != nil || $0.rowMove != nil },
            "\(text): another way")
          findings.check(
            runtime.communicator.size == 1 || result.sharding.isCut(along: axis),
            "\(text): lies elsewhere")
          func element(_ outer: Int, _ row: Int) -> Double {
            let place = (Int(numbers[row]) + extent) % extent
            return Self.value(axis == 0 ? place * 2 + outer : outer * extent + place)
          }
          let expected =
            axis == 0
            ? (0..<count).flatMap { row in (0..<2).map { element($0, row) } }
            : (0..<2).flatMap { outer in (0..<count).map { element(outer, $0) } }
          findings.check(try result.gatheredScalars() == expected, "\(text): other rows")
          let slope = gradient(of: { (x: Tensor<Double>) in
            x.taking(positions, axis: axis).sum()
          })(x)
          findings.check(
            try slope.gatheredScalars() == [Double](repeating: 60, count: 2 * extent),
            "\(text): another slope")
          findings.check(slope.sharding == x.sharding, "\(text): a slope that lies elsewhere")
        }
      }
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  private static func checkSums<S: NumericTensorScalar>(
    _: S.Type, on runtime: Runtime, _ findings: inout Findings
  ) throws {
    let x: Tensor<S> = source([extent], 0, isEven: false)
    for (name, positions) in lists() where positions.shape.count == 1 {
      for placement in [Placement.sharded(axis: 0), .replicated] {
        for isOne in [false, true] {
          let text = "\(S.self) \(name) \(placement) one value: \(isOne)"
          let numbers = (0..<count).map { isOne ? 3 : Double($0 % 17) }
          let values = numbers.map { S(scalarValue: ScalarValue($0, as: S.scalarType)) }
          let given =
            isOne
            ? Tensor<S>([values[0]], shape: [])
            : Tensor<S>(values, shape: [count], sharding: placement)
          let recorder = PlanRecorder()
          let before = runtime.communicator.traffic
          let sum = recorder.record { x.scatteringSum(given, at: positions, axis: 0) }
          let received = (runtime.communicator.traffic - before).bytesReceived
          let rank = runtime.communicator.rank
          let planned = recorder.plans.reduce(0) { $0 + $1.bytesReceived(by: rank) }
          findings.check(received == planned, "\(text): \(received) bytes, planned \(planned)")
          let isSent = recorder.plans.contains { $0.rowRequests != nil }
          findings.check(isSent == (runtime.communicator.size > 1), "\(text): another way")
          findings.check(sum.sharding == x.sharding, "\(text): lies elsewhere")
          var expected = (0..<extent).map(value)
          for row in 0..<count { expected[place(row)] += numbers[row] }
          let ours = try sum.gatheredScalars().map(\.scalarValue.number)
          findings.check(ours == expected, "\(text): other sums")
        }
      }
    }
  }

  /// Values that are added at places of a vector that is cut go to their owners, where places are
  /// many.
  @Test(arguments: ranks) func sumsAreMadeByTheOwners(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { runtime in
      var findings = Findings()
      try Self.checkSums(Double.self, on: runtime, &findings)
      try Self.checkSums(Float.self, on: runtime, &findings)
      try Self.checkSums(Int32.self, on: runtime, &findings)
      try Self.checkSums(UInt64.self, on: runtime, &findings)
      // Values take the cotangents of their places.
      let x: Tensor<Double> = Self.source([Self.extent], 0, isEven: true)
      let positions = Self.lists()[0].positions
      let weights = Tensor<Double>((0..<Self.extent).map(Self.value), shape: [Self.extent])
      let values = Tensor<Double>.ones([Self.count], sharding: .sharded(axis: 0))
      let slope = gradient(of: { (values: Tensor<Double>) in
        (x.scatteringSum(values, at: positions, axis: 0) * weights).sum()
      })(values)
      findings.check(
        try slope.gatheredScalars() == (0..<Self.count).map { Self.value(Self.place($0)) },
        "slopes of values")
      let rest = gradient(of: { (x: Tensor<Double>) in
        (x.scatteringSum(values, at: positions, axis: 0) * weights).sum()
      })(x)
      findings.check(
        try rest.gatheredScalars() == (0..<Self.extent).map(Self.value), "slopes of the tensor")
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  /// Of few places each rank adds its own values, whether these are cut or every rank has them.
  @Test(arguments: ranks) func sumsOfFewPlacesAreOfTerms(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { runtime in
      var findings = Findings()
      let (extent, count) = (20, 2400)
      let numbers = (0..<count).map { Int64($0 * 7 % extent - ($0 % 3 == 0 ? extent : 0)) }
      for shape in [[count], [count, 2]] as [Shape] {
        let width = shape.count == 1 ? 1 : 2
        let positions = Tensor<Int64>(
          numbers.flatMap { [Int64](repeating: $0, count: width) }, shape: shape,
          sharding: .sharded(axis: 0))
        let values = Tensor<Int64>.ones(shape, sharding: .sharded(axis: 0))
        for placement in [Placement.replicated, .sharded(axis: 0)] {
          let x = Tensor<Int64>(
            (0..<Int64(extent * width)).map { 1000 * $0 },
            shape: Shape([extent] + shape.dropFirst()), sharding: placement)
          let recorder = PlanRecorder()
          let sum = recorder.record { x.scatteringSum(values, at: positions, axis: 0) }
          let text = "\(shape) \(placement)"
          let areTerms = recorder.plans.contains { $0.local.sharding.partialReduction == .sum }
          findings.check(areTerms == (runtime.communicator.size > 1), "\(text): another way")
          findings.check(sum.sharding == x.sharding, "\(text): lies elsewhere")
          findings.check(
            try sum.gatheredScalars() == (0..<Int64(extent * width)).map { 1000 * $0 + 120 },
            "\(text): other sums")
        }
      }
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  /// A dry run takes positions for spread evenly, so that it counts what such move.
  @Test(arguments: [2, 4, 5]) func dryRunsSpreadPositions(ranks: Int) throws {
    @Sendable func program() {
      let x = Tensor<Float>.ones([Self.extent, 3], sharding: .sharded(axis: 0))
      let step = Int64(Self.extent / ranks)
      // As many of each part for each.
      let positions = Tensor<Int64>.arange(20 * ranks * ranks) % Int64(ranks) * step
      let rows = x.taking(positions.redistributed(to: .sharded(axis: 0)))
      var y = x
      y[positions.redistributed(to: .sharded(axis: 0))] = rows
    }
    let real = try onLoopbackRanks(ranks) { runtime in
      program()
      return runtime.communicator.traffic
    }
    let dry = try dryRun(ranks: ranks, reporting: Array(0..<ranks), program)
    #expect(dry.plans.contains { $0.rowRequests != nil })
    for (report, traffic) in zip(dry.reports, real) { #expect(report.traffic == traffic) }
  }

  /// Where nothing has to leave its rank nothing does, but for counts.
  @Test func ownRowsStayAtHome() throws {
    let found = try onLoopbackRanks(4) { runtime in
      let x = Tensor<Double>.arange(Self.extent).redistributed(to: .sharded(axis: 0))
      let positions = Tensor<Int64>.arange(Self.extent)[.stride(by: 20)]
        .redistributed(to: .sharded(axis: 0))
      let before = runtime.communicator.traffic
      let result = x.taking(positions)
      let moved = (runtime.communicator.traffic - before).bytesReceived
      return (moved, try result.gatheredScalars())
    }
    #expect(found.allSatisfy { $0.0 == 3 * 4 * 8 }, "\(found.map(\.0))")
    #expect(found.allSatisfy { $0.1 == (0..<100).map { Double(20 * $0) } })
  }

  /// A position out of range is told by the rank that holds it, whichever way rows go.
  @Test(arguments: [2, 3, 5], [20, 2000]) func aWrongPositionIsToldToAll(
    ranks: Int, extent: Int
  ) throws {
    for wrong in [Int64(extent), Int64(-extent - 1)] {
      for writes in [false, true] {
        let errors = try onLoopbackRanks(ranks) { _ -> TensorError? in
          var numbers = [Int64](repeating: 3, count: Self.count)
          numbers[Self.count - 1] = wrong
          let positions = Tensor<Int64>(numbers, shape: [Self.count], sharding: .sharded(axis: 0))
          var x = Tensor<Double>.zeros([extent], sharding: .sharded(axis: 0))
          do throws(TensorError) {
            if writes {
              try x.put(Tensor<Double>.ones([Self.count]), at: positions, axis: 0)
            } else {
              _ = try x.taken(at: positions, axis: 0)
            }
            return nil
          } catch {
            return error
          }
        }
        #expect(Set(errors).count == 1)
        let error = try #require(errors[0])
        let operation = writes ? "index assignment" : "taking"
        #expect(error.rank == ranks - 1 && error.operation == operation, "\(error)")
        #expect(error.given.contains("index \(wrong) for an axis of extent \(extent)"), "\(error)")
      }
    }
  }
  /// No position is right where there are no rows, whichever rank has it.
  @Test(arguments: [1, 2, 3]) func positionsOfNothing(ranks: Int) throws {
    let errors = try onLoopbackRanks(ranks) { _ -> [TensorError?] in
      let x = Tensor<Double>.zeros([0, 4], sharding: .sharded(axis: 0))
      let positions = Tensor<Int64>([5], shape: [1], sharding: .sharded(axis: 0))
      let values = Tensor<Double>.ones([1, 4])
      func error(_ body: () throws(TensorError) -> Void) -> TensorError? {
        do throws(TensorError) { try body() } catch { return error }
        return nil
      }
      var target = x
      return [
        error { () throws(TensorError) in _ = try x.taken(at: positions, axis: 0) },
        error { () throws(TensorError) in try target.put(values, at: positions, axis: 0) },
      ]
    }
    for rank in errors {
      #expect(rank.allSatisfy { $0?.given.contains("index 5") ?? false }, "\(rank)")
    }
  }

  /// A wrong position that one rank has is the error of all where each adds to sums of its own.
  @Test(arguments: [1, 2, 3]) func aWrongPositionOfASum(ranks: Int) throws {
    let errors = try onLoopbackRanks(ranks) { _ -> TensorError? in
      var numbers = [Int64](repeating: 3, count: 600)
      numbers[599] = 4
      let positions = Tensor<Int64>(numbers, shape: [600], sharding: .sharded(axis: 0))
      let values = Tensor<Double>.ones([600], sharding: .sharded(axis: 0))
      do throws(TensorError) {
        _ = try ScatterAlong(axis: 0, combining: .sum)
          .apply([Tensor<Double>.zeros([4]).body, positions.body, values.body])
        return nil
      } catch {
        return error
      }
    }
    #expect(Set(errors).count == 1)
    let error = try #require(errors[0])
    #expect(error.given.contains("index 4 for an axis of extent 4"), "\(error)")
    #expect(error.operation == "scatteringSum", "\(error)")
  }
}
