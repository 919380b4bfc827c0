import Distribution
import Shapes
import Testing

/// Elements picked or written along an axis by an index for each, and elements that a mask picks,
/// over all placements.
@Suite struct AlongPlanTests {
  private let shapes: [Shape] = [[5, 3], [1, 4], [4, 1], [0, 2], [2, 3, 2]]

  private func tensors(
    _ shape: Shape, _ ranks: Int, _ type: ScalarType,
    _ layouts: (Shape, Int) -> [Sharding] = Layouts.all
  ) -> [TensorDescription] {
    Layouts.tensors(shape, ranks: ranks, layouts).map {
      TensorDescription(shape: $0.shape, scalarType: type, sharding: $0.sharding)
    }
  }

  private func each(
    _ layouts: (Shape, Int) -> [Sharding],
    _ body: (TensorDescription, TensorDescription, _ axis: Int) throws -> Void
  ) rethrows {
    for ranks in Layouts.ranks {
      for shape in shapes {
        for axis in shape.indices {
          for count in [0, 2, 6] {
            var chosen = shape
            chosen[axis] = count
            for x in Layouts.tensors(shape, ranks: ranks) {
              for index in tensors(chosen, ranks, .int64, layouts) {
                try body(x, index, axis)
              }
            }
          }
        }
      }
    }
  }

  /// How a tensor and its indices come to lie, so that each rank has whole lines: as the tensor is
  /// cut along another axis, else as the indices are. A tensor that is cut along the axis itself is
  /// cut along the longest other one for it.
  private func common(
    _ x: TensorDescription, _ index: TensorDescription, along axis: Int
  ) -> Sharding {
    let mesh = x.sharding.mesh
    for own in [x.sharding, index.sharding] {
      if let cut = own.shardedAxis, cut != axis { return own }
    }
    guard x.sharding.shardedAxis == axis else { return .replicated(on: mesh) }
    return Ways.whole(x.shape, along: axis, mesh)[0]
  }

  /// Of tensors that every rank has all, any part of the indices may stay. Large indices are not
  /// weighed against the tensor, which is never replicated to let them stay.
  @Test func picksAlignTensorAndIndices() throws {
    var findings = Findings()
    try each(Layouts.all) { x, index, axis in
      let plan = try Planner.gathering("g", x, index, along: axis)
      findings.check(
        plan.result.shape == index.shape && plan.result.scalarType == x.scalarType
          && !plan.result.isPartial, "\(plan): another result")
      let way = common(x, index, along: axis)
      let stays = way.isReplicated && !index.isPartial
      let targets = plan.alignments.map(\.target)
      findings.check(
        targets == [way, stays ? index.sharding : way] && plan.result.sharding == targets[1],
        "\(plan): lies elsewhere than \(way)")
      let moved = try Ways.bytes(x, to: targets[0]) + Ways.bytes(index, to: targets[1])
      findings.check(plan.bytesMoved == moved, "\(plan): \(moved)")
      // Where either lies on every rank nothing moves, but lines of a cut axis.
      if x.sharding.isReplicated && !index.isPartial
        || index.sharding.isReplicated && x.whole.sharding.shardedAxis != axis && !x.isPartial
      {
        findings.check(plan.bytesMoved == 0, "\(plan): moves")
      }
      findings.checkWork(plan) { place in
        x.shape.line(along: axis, through: place).map {
          [(0, x.shape.number(at: $0)), (1, index.shape.number(at: place))]
        }
      }
    }
    for x in Layouts.divisible {
      guard let axis = x.sharding.shardedAxis, x.shape[axis] > 1 else { continue }
      let index = TensorDescription(
        shape: x.shape, scalarType: .int64, sharding: .replicated(on: x.sharding.mesh))
      let picked = try Planner.gathering("g", x, index, along: axis)
      let written = try Planner.scattering("s", x, index, index, along: axis)
      findings.check(
        try picked.bytesMoved == Ways.leastWhole(x, along: axis, back: false)
          && written.bytesMoved == Ways.leastWhole(x, along: axis, back: true),
        "\(picked): not the least")
    }
    findings.report(atLeast: 20_000)
  }

  /// Each rank picks what it holds, and all get the sum of that, as integers of as many bits.
  @Test func ownersGiveWhatIsPickedOfACutAxis() throws {
    var findings = Findings()
    try each(Layouts.few) { x, index, axis in
      let plan = try Planner.gatheringFromOwners("g", x, index, along: axis)
      let cut = x.sharding.cut(of: axis)
      let way =
        cut == nil ? x.whole.sharding : Sharding.replicated(on: x.sharding.mesh)
      let result = TensorDescription(
        shape: index.shape, scalarType: x.scalarType, sharding: way)
      findings.check(plan.result == result, "\(plan): another result")
      let isShared = cut.map { $0.points.count > 1 } == true
      findings.check(
        plan.summaries.map(\.source.scalarType) == (isShared ? [.uint32] : []),
        "\(plan): other bits")
      let term = TensorDescription(
        shape: index.shape, scalarType: .uint32,
        sharding: Sharding(mesh: x.sharding.mesh, .partial(.sum)))
      let moved =
        try Ways.bytesReduced(x) + Ways.bytes(index, to: way)
        + (isShared ? Redistribution(term, to: way).elementsMoved * 4 : 0)
      findings.check(plan.bytesMoved == moved, "\(plan): moves other than \(moved)")
      findings.checkWork(plan) { place in
        x.shape.line(along: axis, through: place).map {
          [(0, x.shape.number(at: $0))]
        }
      }
    }
    findings.report(atLeast: 5_000)
  }

  @Test func writesComeBackToWhereTheTensorLay() throws {
    var findings = Findings()
    try each(Layouts.few) { x, index, axis in
      var repeated = index.shape
      repeated[axis == 0 ? 1 : 0] = 1
      for shape in Set([index.shape, repeated, Shape(index.shape.dropFirst())]) {
        for values in Layouts.tensors(shape, ranks: x.sharding.count, Layouts.few) {
          let plan = try Planner.scattering("s", x, index, values, along: axis)
          let way = common(x, index, along: axis)
          let isBack = x.sharding.shardedAxis == axis
          findings.check(
            plan.result == x.with(isBack ? x.sharding : way), "\(plan): lies elsewhere")
          let own = try Ways.bytes(x, to: way, back: isBack)
          findings.check(plan.local.sharding == way, "\(plan): not by \(way)")
          let placed = index.with(way)
          let others = try Planner.elementwise("s", [values], into: placed).bytesMoved
          findings.check(
            try plan.bytesMoved == own + Ways.bytes(index, to: way) + others, "\(plan): moves")
          findings.checkWork(plan) { place in
            [[(0, x.shape.number(at: place))]]
              + index.shape.line(along: axis, through: place).map {
                [(1, index.shape.number(at: $0)), (2, shape.number(at: $0))]
              }
          }
        }
      }
    }
    findings.report(atLeast: 20_000)
  }

  /// Values that are added may stay where their indices are cut along the axis itself, and give
  /// terms of the result, where that moves less.
  @Test func sumsAreOfTermsWhereTheseMoveLess() throws {
    var findings = Findings()
    var withTerms = 0
    try each(Layouts.few) { x, index, axis in
      var repeated = index.shape
      repeated[axis == 0 ? 1 : 0] = 1
      for shape in Set([index.shape, repeated]) {
        for values in Layouts.tensors(shape, ranks: x.sharding.count, Layouts.few) {
          let plan = try Planner.scatteringSum("s", x, index, values, along: axis)
          let common = try Planner.scattering("s", x, index, values, along: axis)
          findings.check(plan.result == common.result, "\(plan): lies elsewhere")
          let cut = x.sharding.shardedAxis
          guard index.sharding.shardedAxis == axis, !x.isPartial, cut == nil || cut == axis,
            x.sharding.count > 1, x.shape.elementCount > 0
          else {
            findings.check(plan == common, "\(plan): another way than \(common)")
            continue
          }
          let terms = x.with(Sharding(mesh: x.sharding.mesh, .partial(.sum)))
          let placed = index.with(index.sharding)
          let others =
            try Planner.elementwise("s", [values], into: placed).bytesMoved
            + Ways.bytes(terms, to: x.sharding)
          findings.check(
            plan.bytesMoved == min(others, common.bytesMoved),
            "\(plan): \(others) or \(common.bytesMoved)")
          guard plan.local.isPartial else { continue }
          withTerms += 1
          findings.check(
            plan.alignments[0].isKeeping && plan.alignments[1].isKeeping, "\(plan): moves others")
          findings.checkWork(plan) { place in
            index.shape.line(along: axis, through: place).map {
              [(1, index.shape.number(at: $0)), (2, shape.number(at: $0))]
            }
          }
        }
      }
    }
    #expect(withTerms > 100)
    findings.report(atLeast: 10_000)
  }

  /// Values that are written into what lies in a given way come to lie so, repeated ones on every
  /// rank.
  @Test func valuesLieAsTheirTarget() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for shape in shapes {
        for target in Layouts.tensors(shape, ranks: ranks, Layouts.complete) {
          let first = Shape([1] + shape.dropFirst())
          let last = Shape(shape.dropLast() + [1])
          for own in Set([shape, first, last, Shape(shape.dropFirst()), []]) {
            for x in Layouts.tensors(own, ranks: ranks) {
              let plan = try Planner.elementwise("w", [x], into: target)
              findings.check(plan.result == target, "\(plan): another target")
              findings.checkWork(plan) { [[(0, own.number(at: $0))]] }
              // Only what a rank writes is asked for, or all where it is repeated.
              let lacking = (0..<ranks).reduce(0) { sum, rank in
                let box = target.box(of: rank)
                let wanted = Set(
                  box.shape.places.map { own.number(at: zip($0, box.lowerBounds).map(+)) })
                return sum + wanted.subtracting(ElementModel(x).held(by: rank)).count
              }
              // Ranks that write nothing may get repeated values all the same.
              findings.check(
                x.isPartial || leavesRanksIdle(target) || plan.bytesMoved == lacking * 4,
                "\(plan): lacks \(lacking)")
            }
          }
        }
      }
    }
    findings.report(atLeast: 5_000)
  }

  private func leavesRanksIdle(_ target: TensorDescription) -> Bool {
    (0..<target.sharding.count).contains { target.box(of: $0).isEmpty }
  }

  /// Tensors with masks over their first axes, each lying in all ways.
  private func eachMasked(
    _ body: (TensorDescription, TensorDescription) throws -> Void
  ) rethrows {
    for ranks in Layouts.ranks {
      for shape in shapes {
        for axes in 1...shape.count {
          for x in Layouts.tensors(shape, ranks: ranks) {
            for mask in tensors(Shape(shape.prefix(axes)), ranks, .bool) { try body(x, mask) }
          }
        }
      }
    }
  }

  /// Where a tensor and a mask come to lie. Tensors of terms are reduced on every rank, whatever
  /// the mask does.
  private func aligned(
    _ x: TensorDescription, _ mask: TensorDescription
  ) -> (Sharding, Sharding) {
    let mesh = x.sharding.mesh
    let whole = Sharding.replicated(on: mesh)
    if x.sharding.shardedAxis == 0 { return (x.sharding, x.sharding) }
    if let axis = x.sharding.shardedAxis, axis >= mask.shape.count { return (x.sharding, whole) }
    if x.isPartial || x.sharding.isReplicated && mask.whole.sharding.isReplicated {
      return (whole, whole)
    }
    if mask.sharding.shardedAxis == 0 { return (mask.sharding, mask.sharding) }
    let cuts = CutPoints(evenly: mask.shape[0], into: mesh.count)
    let even = Sharding(mesh: mesh, .sharded(axis: 0, cuts))
    return (even, even)
  }

  /// Ways that are compared: both cut along the first axis, or both on every rank, or the tensor
  /// left as it lies along an axis that the mask does not have, with the mask on every rank.
  @Test func masksMoveTheLeast() throws {
    var findings = Findings()
    for x in Layouts.divisible where x.shape.last! > 1 {
      let mesh = x.sharding.mesh
      for axes in 1...x.shape.count {
        let shape = Shape(x.shape.prefix(axes))
        for mask in tensors(shape, mesh.count, .bool, Layouts.few) where !mask.isPartial {
          let even = Sharding(
            mesh: mesh, .sharded(axis: 0, CutPoints(evenly: shape[0], into: mesh.count)))
          let whole = Sharding.replicated(on: mesh)
          var ways = [(even, even), (whole, whole)]
          if let axis = x.sharding.shardedAxis, axis >= axes { ways.append((x.sharding, whole)) }
          func bytes(_ way: (Sharding, Sharding)) throws -> Int {
            try Ways.bytes(x, to: way.0) + Ways.bytes(mask, to: way.1)
          }
          let least = try ways.map(bytes).min()!
          let own = try bytes(Planner.maskAlignment(x, mask))
          findings.check(own == least, "\(x) with \(mask): \(own), least \(least)")
        }
      }
    }
    findings.report(atLeast: 50)
  }

  @Test func masksAlignWithTensors() throws {
    var findings = Findings()
    try eachMasked { x, mask in
      let mesh = x.sharding.mesh
      let (operand, aligned) = try Planner.maskAlignment(x, mask)
      let text = "\(x) with \(mask)"
      findings.check((operand, aligned) == self.aligned(x, mask), "\(text): to \(operand)")
      findings.check(
        operand.partialReduction == nil && aligned.partialReduction == nil, "\(text): terms")

      // The places that a mask picks, those of each rank in order.
      let (held, heldMask) = (ElementModel(x.with(operand)), ElementModel(mask.with(aligned)))
      let isTrue = (0..<mask.shape.elementCount).map { $0 * 5 % 7 < 4 }
      let counts: [Int] =
        aligned.isReplicated
        ? [isTrue.count { $0 }]
        : (0..<mesh.count).map { rank in
          isTrue.indices.count { isTrue[$0] && heldMask.holds($0, on: rank) }
        }
      let counting = try Planner.counting(mask.with(aligned))
      findings.checkSteps(counting)
      findings.check(
        counting.result.shape == [counts.count] && counting.result.sharding.isReplicated
          && counting.result.scalarType == .int64
          && counting.bytesMoved == (aligned.isReplicated ? 0 : mesh.count * (mesh.count - 1) * 8),
        "\(counting): moves")
      findings.check(
        aligned.isReplicated
          || (0..<mesh.count).allSatisfy { counting.local.localShape(of: $0) == [1] },
        "\(counting): not one number a rank")

      let rest = Shape(x.shape[mask.shape.count...])
      let picked = Planner.picked(
        x.with(operand), maskAxes: mask.shape.count, rest: rest, scalarType: .float32,
        counts: counts)
      let places = isTrue.indices.filter { isTrue[$0] }
      findings.check(picked.shape == [places.count] + rest, "\(picked): shape")
      let result = ElementModel(picked)
      let row = rest.elementCount
      let isThere = (0..<picked.shape.elementCount).allSatisfy { number in
        let source = places[number / row]
        return (0..<mesh.count).allSatisfy { rank in
          result.holds(number, on: rank)
            == (held.holds(source * row + number % row, on: rank)
              && heldMask.holds(source, on: rank))
        }
      }
      findings.check(isThere, "\(picked) of \(text): elements that do not stay where they are")
    }
    findings.report(atLeast: 10_000)
  }
}
