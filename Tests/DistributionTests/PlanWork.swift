import Distribution
import Shapes

/// Elements of operands, one of each, that together make a part of a result element; numbers are
/// row-major.
typealias Part = [(operand: Int, number: Int)]

/// Whether ranks can do what a plan leaves to them, by the elements that they hold then.
extension Findings {
  /// Steps fit each other, and a cut is one of a whole axis over all ranks, so that each element
  /// lies somewhere once.
  mutating func checkSteps(_ plan: Plan) {
    let summaries = plan.summaries.flatMap { [$0.source, $0.result] }
    let all = plan.alignments.map(\.result) + summaries + [plan.local, plan.result]
    let isWhole = all.allSatisfy { description in
      guard case .sharded(let axis, let cuts) = description.sharding.placement else { return true }
      return description.shape.indices.contains(axis) && cuts.extent == description.shape[axis]
        && cuts.count == description.sharding.count
    }
    check(isWhole, "\(plan): a cut that does not fit")
    check(
      plan.alignments.map(\.source) == plan.operands, "\(plan): operands that are not aligned")
    check(
      plan.finish.map { $0.source == plan.local || plan.view != nil } ?? true,
      "\(plan): the last step does not begin with the work")
  }

  /// Every rank holds, after the alignment, the parts that its elements of the local result are
  /// made of. Where ranks give terms, of the result or in a summary, each part is given once; or by
  /// all, where a part has terms itself.
  ///
  /// Summaries of what ranks hold are for parts of which each lies on one rank: whole operands need
  /// none.
  mutating func checkWork(_ plan: Plan, _ parts: ([Int]) -> [Part]) {
    checkSteps(plan)
    let operands = plan.alignments.map { ElementModel($0.result) }
    let local = ElementModel(plan.local)
    let ranks = 0..<local.ranks
    let ownTerms = operands.compactMap { $0.description.sharding.partialReduction }
    let terms = plan.local.sharding.partialReduction
    func isDone(_ number: Int, _ part: Part) -> Bool {
      let holders = ranks.filter { rank in
        part.allSatisfy { operands[$0.operand].holds($0.number, on: rank) }
      }
      if !ownTerms.isEmpty { return holders.count == ranks.count }
      if terms != nil || !plan.summaries.isEmpty { return holders.count == 1 }
      return ranks.allSatisfy { !local.holds(number, on: $0) || holders.contains($0) }
    }
    check(
      ownTerms.isEmpty || ownTerms == [terms].compactMap { $0 },
      "\(plan): terms become something else")
    let shape = plan.local.shape
    let missing = (0..<shape.elementCount).first { number in
      !parts(shape.place(of: number)).allSatisfy { isDone(number, $0) }
    }
    check(missing == nil, "\(plan): element \(missing ?? 0) lacks something, or has it twice")
  }

  /// The same for a result that is each element of one operand.
  mutating func checkWork(_ plan: Plan, from source: ([Int]) -> [Int]) {
    let shape = plan.operands[0].shape
    checkWork(plan) { [[(0, shape.number(at: source($0)))]] }
  }

  /// What is put together is what its owners hold, travels once, and no rank receives what it
  /// holds.
  ///
  /// `own` has the elements of the result that each rank holds before.
  mutating func checkAssembly(_ plan: Plan, own: [Set<Int>], covered: Set<Int>? = nil) {
    checkSteps(plan)
    let assembly = plan.assembly!
    let shape = plan.result.shape
    func elements(_ parts: [Assembly.Part]) -> [Int] {
      parts.flatMap { part in
        part.box.shape.places.map { shape.number(at: zip($0, part.box.lowerBounds).map(+)) }
      }
    }
    let result = ElementModel(plan.result)
    var sent = 0
    for rank in own.indices {
      let target = covered.map(result.held(by: rank).intersection) ?? result.held(by: rank)
      let (kept, given) = (elements(assembly.keeps(of: rank)), elements(assembly.sends(of: rank)))
      let received = elements(assembly.receives(of: rank))
      sent += given.count
      check(
        own[rank].isSuperset(of: kept) && own[rank].isSuperset(of: given),
        "\(plan): rank \(rank) gives what it has not")
      check(
        Set(kept + received) == target && kept.count + received.count == target.count,
        "\(plan): rank \(rank) does not get each of its elements once")
      check(
        received.count == target.subtracting(own[rank]).count
          && assembly.elementsReceived(by: rank) == received.count,
        "\(plan): rank \(rank) receives \(received.count)")
      for part in assembly.sends(of: rank) {
        let mirror = Assembly.Part(piece: part.piece, peer: rank, box: part.box)
        check(
          assembly.receives(of: part.peer).contains(mirror), "\(plan): nobody expects \(part)")
      }
    }
    let received = own.indices.reduce(0) { $0 + assembly.elementsReceived(by: $1) }
    check(sent == received, "\(plan): \(sent) sent, \(received) received")
    check(
      assembly.communicates == (sent > 0), "\(plan): communicates \(assembly.communicates)")
  }
}

/// What ways of doing something move, in bytes of all ranks together.
enum Ways {
  /// A redistribution as planned; `redistributionsMoveWhatIsMissing` compares that with the
  /// elements.
  static func bytes(_ x: TensorDescription, to target: Sharding) throws -> Int {
    try Planner.redistribution(x, to: target).bytesMoved
  }

  /// The reduction of terms; nothing for what has none.
  static func bytesReduced(_ x: TensorDescription) throws -> Int {
    x.sharding.partialReduction == nil ? 0 : try bytes(x, to: .replicated(on: x.sharding.mesh))
  }

  /// One row of each rank for every other one.
  static func bytesOfRows(_ row: Shape, _ type: ScalarType, ranks: Int) -> Int {
    ranks * (ranks - 1) * row.elementCount * type.byteCount
  }

  /// Ways in which an axis is whole on every rank: an even cut of another one that has more than
  /// one element, so that no rank gets all of the work, the longest first; and all elements on
  /// every rank.
  static func whole(_ shape: Shape, along axis: Int, _ mesh: Mesh) -> [Sharding] {
    let others = shape.indices.filter { $0 != axis && shape[$0] > 1 }
    let sorted = others.sorted { (shape[$1], $0) < (shape[$0], $1) }
    return sorted.map {
      Sharding(mesh: mesh, .sharded(axis: $0, CutPoints(evenly: shape[$0], into: mesh.count)))
    } + [.replicated(on: mesh)]
  }

  /// What it takes to bring a tensor to lie in a way, and back to where it lay.
  static func bytes(_ x: TensorDescription, to way: Sharding, back: Bool) throws -> Int {
    try bytes(x, to: way) + (back ? bytes(x.with(way), to: x.sharding) : 0)
  }

  /// The least that makes an axis whole on every rank.
  static func leastWhole(_ x: TensorDescription, along axis: Int, back: Bool) throws -> Int {
    try whole(x.shape, along: axis, x.sharding.mesh).map { try bytes(x, to: $0, back: back) }.min()!
  }
}

extension TensorDescription {
  var isPartial: Bool { sharding.partialReduction != nil }
  /// As it lies once terms are reduced.
  var whole: TensorDescription { isPartial ? with(.replicated(on: sharding.mesh)) : self }
}

extension Shape {
  /// The elements of the only operand that a reduction over some axes makes an element of.
  func parts(of place: [Int], over axes: [Int], keepingAxes: Bool) -> [Part] {
    var rest = place[...]
    let fixed = indices.map { axis -> Int? in
      if axes.contains(axis) {
        if keepingAxes { rest = rest.dropFirst() }
        return nil
      }
      return rest.popFirst()
    }
    return places.filter { zip($0, fixed).allSatisfy { $1 == nil || $0 == $1 } }
      .map { [(0, number(at: $0))] }
  }
}
