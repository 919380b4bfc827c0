import Distribution
import Shapes
import Testing

/// Plans are values: what an operation moves is known, printed and compared without anything
/// moving.
@Suite struct PlanTests {
  private func tensor(_ shape: Shape, _ placement: Placement, ranks: Int) -> TensorDescription {
    let mesh = Mesh.world(ranks: ranks)
    return TensorDescription(
      shape: shape, scalarType: .float32,
      sharding: try! Sharding(placement, of: shape, on: mesh, for: "test"))
  }

  private func moved(_ plan: Plan) -> Int {
    (0..<plan.result.sharding.count).reduce(0) { $0 + plan.elementsReceived(by: $1) }
  }

  @Test func cutPointsAreFloors() {
    for extent in 0...20 {
      for parts in 1...9 {
        let cuts = CutPoints(evenly: extent, into: parts)
        #expect(cuts.points == (0...parts).map { $0 * extent / parts })
        #expect(CutPoints(cuts.points) == cuts)
        for position in 0..<extent {
          #expect(cuts.range(of: cuts.part(holding: position)).contains(position))
        }
      }
    }
    // A wrong cut point would be another cut.
    #expect(CutPoints([0, 2, 5]) == CutPoints(evenly: 5, into: 2))
    #expect(CutPoints([0, 3, 5]) != CutPoints(evenly: 5, into: 2))
    #expect(CutPoints(evenly: Int.max, into: 7)[7] == Int.max)
  }

  @Test func redistributionMovesWhatChangesOwner() throws {
    for ranks in 1...5 {
      for (rows, columns) in [(0, 3), (2, 7), (10, 9)] {
        let source = tensor([rows, columns], .sharded(axis: 0), ranks: ranks)
        let plan = try Planner.redistribution(source, to: .sharded(axis: 1))
        // Element by element: who has it before, who has it after.
        let target = plan.result.sharding
        var expected = 0
        for row in 0..<rows {
          for column in 0..<columns
          where source.sharding.cutPoints!.part(holding: row)
            != target.cutPoints!.part(holding: column)
          {
            expected += 1
          }
        }
        #expect(moved(plan) == expected, "\(ranks) ranks, [\(rows), \(columns)]")
      }
    }
  }

  @Test func assembliesSendWhatOthersReceive() throws {
    for ranks in 1...5 {
      let a = tensor([7, 3], .sharded(axis: 0), ranks: ranks)
      let b = tensor([4, 3], .sharded(axis: 1), ranks: ranks)
      let plan = try Planner.assembly(
        "concatenate", [a, b], offsets: [[0, 0], [7, 0]], result: [11, 3])
      let assembly = plan.assembly!
      for rank in 0..<ranks {
        for part in assembly.sends(of: rank) {
          let mirror = Assembly.Part(piece: part.piece, peer: rank, box: part.box)
          #expect(assembly.receives(of: part.peer).contains(mirror))
        }
        let held = assembly.keeps(of: rank) + assembly.receives(of: rank)
        #expect(
          held.reduce(0) { $0 + $1.box.elementCount } == assembly.result.box(of: rank).elementCount)
      }
    }
  }

  @Test func productsChooseTheCheapest() throws {
    func plan(_ a: Placement, _ b: Placement, _ m: Int, _ k: Int, _ n: Int) throws -> Plan {
      let labels = ContractionLabels(operands: [[0, 1], [1, 2]], result: [0, 2])
      return try Planner.contraction(
        "matmul", labels,
        [tensor([m, k], a, ranks: 4), tensor([k, n], b, ranks: 4)], result: [m, n])
    }
    let rows = try plan(.sharded(axis: 0), .replicated, 64, 32, 16)
    #expect(moved(rows) == 0 && rows.result.sharding.shardedAxis == 0)
    let columns = try plan(.replicated, .sharded(axis: 1), 64, 32, 16)
    #expect(moved(columns) == 0 && columns.result.sharding.shardedAxis == 1)
    // Both cut along the contracted axis, a small result: terms are scattered, f·mn.
    let terms = try plan(.sharded(axis: 1), .sharded(axis: 0), 16, 4096, 16)
    #expect(moved(terms) == 3 * 16 * 16)
    // A long result: one operand is brought over instead.
    let gathered = try plan(.sharded(axis: 0), .sharded(axis: 0), 4096, 16, 16)
    #expect(moved(gathered) == 3 * 16 * 16)
    #expect(gathered.result.sharding.shardedAxis == 0)
  }

  @Test func ofEqualProductsOneWithoutTermsIsChosen() throws {
    // 8 elements move either way: terms of the result, or rows and columns of the operands.
    for (axis, result) in [(0, [4, 2]), (1, [2, 4])] as [(Int, Shape)] {
      let plan = try Planner.contraction(
        "matmul", ContractionLabels(operands: [[0, 1], [1, 2]], result: [0, 2]),
        [
          tensor([result[0], 2], .sharded(axis: 1), ranks: 2),
          tensor([2, result[1]], .sharded(axis: 0), ranks: 2),
        ], result: result)
      #expect(moved(plan) == 8 && plan.finish == nil, "\(plan)")
      #expect(plan.result.sharding.shardedAxis == axis)
    }
  }

  @Test func waysAreComparedInBytes() throws {
    // The mask has as many elements as the tensor, and a quarter of the bytes.
    let mask = tensor([8, 8], .sharded(axis: 0), ranks: 4).with(.bool)
    let x = tensor([8, 8], .sharded(axis: 1), ranks: 4)
    let plan = try Planner.elementwise("select", [mask, x], result: .float32)
    #expect(plan.result.sharding == x.sharding && plan.bytesMoved == 48, "\(plan)")
  }

  @Test func whatLiesAsAskedStays() throws {
    let mesh = Mesh.world(ranks: 3)
    // Cut unevenly, which an even cut would have to move.
    let x = TensorDescription(
      shape: [9, 4], scalarType: .float32,
      sharding: Sharding(mesh: mesh, .sharded(axis: 0, CutPoints([0, 1, 7, 9]))))
    let plan = try Planner.reduction(
      "sum", .sum, x, axes: [1], result: .float32, request: .sharded(axis: 0))
    #expect(plan.finish == nil && plan.result.sharding == x.sharding, "\(plan)")
    #expect(moved(plan) == 0)
  }

  @Test func whatIsCutAlreadyIsCutFurtherInside() throws {
    let mesh = try Mesh(["a": 2, "b": 2], ranks: 4)
    for middle in [4, 2] {
      let x = TensorDescription(
        shape: [8, 4], scalarType: .float32,
        sharding: Sharding(
          mesh: mesh,
          cuts: [
            AxisCut(axis: 0, over: [0], points: CutPoints([0, middle, 8])),
            AxisCut(axis: 1, over: [1], points: CutPoints(evenly: 4, into: 2)),
          ]))
      // Each rank gets the other half of half of its rows.
      let plan = try Planner.sorting("sorted", x, axis: 1, result: .float32)
      for rank in 0..<4 {
        let rows = rank < 2 ? middle : 8 - middle
        #expect(plan.alignments[0].elementsReceived(by: rank) == rows, "\(plan)")
        #expect(plan.finish?.elementsReceived(by: rank) == rows, "\(plan)")
      }
    }
  }

  @Test func termsOfAnotherReductionAreRefused() throws {
    let x = tensor([9, 4], .sharded(axis: 0), ranks: 3)
    for asked in Reduction.allCases {
      func plan() throws -> Plan {
        try Planner.reduction(
          "sum", .sum, x, axes: [0], result: .float32, request: .partial(asked))
      }
      if asked == .sum {
        #expect(try plan().result.sharding.partialReduction == .sum)
      } else {
        let error = #expect(throws: TensorError.self) { _ = try plan() }
        #expect(error?.given == "a result asked to be partial(\(asked))")
      }
    }
  }

  @Test func partialPassesThroughLinearFunctionsOnly() throws {
    let mesh = Mesh.world(ranks: 3)
    let partial = TensorDescription(
      shape: [4], scalarType: .float32, sharding: Sharding(mesh: mesh, .partial(.sum)))
    let whole = tensor([4], .replicated, ranks: 3)
    let sharded = tensor([4], .sharded(axis: 0), ranks: 3)
    func result(
      _ linearity: Linearity, _ operands: TensorDescription...
    ) throws -> ResolvedPlacement {
      try Planner.elementwise("f", operands, result: .float32, linearity: linearity)
        .result.sharding.placement
    }
    #expect(try result(.negation, partial) == .partial(.sum))
    #expect(try result(.addition, partial, partial) == .partial(.sum))
    #expect(try result(.multiplication, partial, whole) == .partial(.sum))
    #expect(try result(.multiplication, whole, partial) == .partial(.sum))
    #expect(try result(.division, partial, whole) == .partial(.sum))
    #expect(try result(.addition, partial, whole) == .replicated)
    #expect(try result(.multiplication, partial, partial) == .replicated)
    #expect(try result(.division, whole, partial) == .replicated)
    #expect(try result(.none, partial) == .replicated)
    #expect(
      try result(.multiplication, partial, sharded)
        == .sharded(axis: 0, CutPoints(evenly: 4, into: 3)))
  }

  @Test func orderMovesNothingAlongWholeAxesAndComesBackAlongOthers() throws {
    for ranks in 1...5 {
      for (rows, columns) in [(10, 9), (3, 1), (0, 4)] {
        for placement in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
          let x = tensor([rows, columns], placement, ranks: ranks)
          let plan = try Planner.sorting("sorted", x, axis: 0, result: .float32)
          #expect(plan.result == x)
          let few = try Planner.sorting("topK", x, axis: 0, places: 0..<rows / 2, result: .int64)
          #expect(few.result.shape == [rows / 2, columns])
          if placement != .sharded(axis: 0) {
            #expect(moved(plan) == 0 && moved(few) == 0)
            #expect(few.result.sharding == x.sharding)
            continue
          }
          let there = try Planner.redistribution(
            x, to: columns > 1 ? .sharded(axis: 1) : .replicated)
          let back = try Planner.redistribution(there.result, to: x.sharding)
          #expect(
            moved(plan) == moved(there) + moved(back), "\(ranks) ranks, [\(rows), \(columns)]")
          // Values and positions of each rank to each other one.
          #expect(moved(few) == 2 * ranks * (ranks - 1) * (rows / 2) * columns)
        }
      }
    }
  }

  /// Planners are asked by tests and tools too, not by operations alone, which check what they are
  /// given.
  @Test func termsTravelAsTheyAreJoined() throws {
    let x = tensor([8, 1500], .sharded(axis: 0), ranks: 4)
    // As Floats the terms are few enough to be gathered, not as Doubles.
    for (request, elements, wideElements) in [
      (nil, 12 * 1500, 6 * 1500), (.replicated, 12 * 1500, 6 * 1500),
      (.sharded(axis: 0), 3 * 1500, 3 * 1500),
    ] as [(Placement?, Int, Int)] {
      let narrow = try Planner.reduction(
        "sum", .sum, x, axes: [0], result: .float32, request: request)
      let wide = try Planner.reduction(
        "sum", .sum, x, axes: [0], result: .float32, in: .float64, request: request)
      #expect(narrow.local.scalarType == .float32 && wide.local.scalarType == .float64)
      #expect(wide.result == narrow.result)
      #expect(narrow.rounding == nil && wide.rounding == .float32)
      #expect(narrow.bytesMoved == 4 * elements, "\(narrow)")
      #expect(wide.bytesMoved == 8 * wideElements, "\(wide)")
      #expect("\(wide)".contains("\(8 * wideElements) bytes"), "\(wide)")
    }
    // Terms that stay are of the result's type, and so is what has none.
    for (axis, request) in [(0, Placement.partial(.sum)), (1, .replicated)] {
      let plan = try Planner.reduction(
        "sum", .sum, x, axes: [axis], result: .float32, in: .float64, request: request)
      #expect(plan.local.scalarType == .float32 && plan.rounding == nil, "\(plan)")
    }
  }

  @Test func axesThatAreNotThereAreRefused() {
    let x = tensor([3, 4], .sharded(axis: 0), ranks: 2)
    let indices = tensor([2], .replicated, ranks: 2)
    func refuses(_ name: String, _ plan: () throws -> Plan) {
      #expect(throws: TensorError.self, "\(name)") { _ = try plan() }
    }
    for axis in [-1, 2, 7] {
      refuses("taking") { try Planner.taking("a", x, indices, axis: axis) }
      refuses("putting") { try Planner.putting("a", x, indices, x, axis: axis) }
      refuses("gathering") { try Planner.gathering("a", x, x, along: axis) }
      refuses("scattering") { try Planner.scattering("a", x, x, x, along: axis) }
      refuses("reduction") { try Planner.reduction("a", .sum, x, axes: [axis], result: .float32) }
      refuses("running") { try Planner.running("a", [x], axis: axis, result: .float32, words: 1) }
      refuses("flip") { try Planner.flip(x, axes: [axis]) }
      refuses("roll") { try Planner.roll(x, by: 1, axis: axis) }
      refuses("roll") { try Planner.roll(x, by: 4 * axis, axis: 0) }
      refuses("sorting") { try Planner.sorting("a", x, axis: axis, result: .float32) }
      refuses("permutation") { try Planner.permutation(x, axes: [0, axis]) }
    }
    refuses("permutation of one axis twice") { try Planner.permutation(x, axes: [0, 0]) }
    refuses("permutation of too few") { try Planner.permutation(x, axes: [0]) }
    refuses("assembly") { try Planner.assembly("a", [x], offsets: [], result: [3, 4]) }
    refuses("assembly") { try Planner.assembly("a", [x], offsets: [[0]], result: [3, 4]) }
    refuses("elementwise") { try Planner.elementwise("a", [], result: .float32) }
  }

  @Test func plansAreKnownForTenThousandRanks() throws {
    let a = tensor([1_000_000, 512], .sharded(axis: 0), ranks: 10_000)
    let plan = try Planner.reduction("sum", .sum, a, axes: [0], result: .float32)
    #expect(plan.finish?.route == .allReduce(.sum))
    #expect(plan.elementsReceived(by: 9_999) > 0)
    let same = try Planner.reduction("sum", .sum, a, axes: [0], result: .float32)
    #expect(plan == same)
  }

  @Test func aPlanSaysWhatItDoes() throws {
    let a = tensor([10, 4], .sharded(axis: 0), ranks: 4)
    let b = tensor([10, 4], .sharded(axis: 1), ranks: 4)
    let plan = try Planner.elementwise("add", [a, b], result: .float32)
    let text = plan.description
    #expect(text.contains("add → Float [10, 4] sharded(axis: 0) over world[4]"))
    #expect(text.contains("align operand 1: all-to-all"))
    #expect(text.contains("in all \(plan.bytesMoved) bytes"))
  }
}
