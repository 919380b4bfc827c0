import Distribution
import Shapes
import Testing

/// A tensor of integers on the ranks of a mesh that is not there: what plans say is done with
/// numbers.
struct SimulatedTensor {
  let description: TensorDescription
  /// What each rank holds, by positions.
  var held: [[[Int]: Int]]

  var mesh: Mesh { description.sharding.mesh }
  var ranks: Range<Int> { 0..<mesh.count }

  /// The elements that a function of positions gives, as they lie. Of terms no two are alike and
  /// none is zero.
  init(_ description: TensorDescription, _ value: ([Int]) -> Int) {
    self.description = description
    let mesh = description.sharding.mesh
    held = (0..<mesh.count).map { rank in
      var all: [[Int]: Int] = [:]
      for position in description.box(of: rank).positions {
        all[position] =
          description.sharding.terms.map { terms in
            let count = mesh.extent(of: terms.over)
            let own = mesh.position(ofRank: rank, along: terms.over)
            // 1, 2, … and what is missing from them.
            return own > 0 ? own : value(position) - count * (count - 1) / 2
          } ?? value(position)
      }
      return all
    }
  }

  init(_ description: TensorDescription, held: [[[Int]: Int]]) {
    self.description = description
    self.held = held
  }

  /// Carries out the steps of a redistribution; whatever a rank needs must be there among the ranks
  /// that take part.
  func redistributed(_ redistribution: Redistribution) -> SimulatedTensor {
    precondition(redistribution.source == description)
    var current = self
    for step in redistribution.steps {
      precondition(step.source == current.description.sharding)
      current = current.after(step)
    }
    precondition(current.description.sharding == redistribution.target)
    return current
  }

  private func after(_ step: Redistribution.Step) -> SimulatedTensor {
    let target = description.with(step.target)
    return SimulatedTensor(
      target,
      held: ranks.map { rank in
        var own: [[Int]: Int] = [:]
        let group = step.route == .local ? [rank] : Array(mesh.group(of: rank, along: step.over))
        for position in target.box(of: rank).positions {
          let values = group.compactMap { held[$0][position] }
          switch step.route {
          case .allReduce, .reduceScatter:
            if values.count == group.count { own[position] = values.reduce(0, +) }
          case .local, .exchange, .allGather: own[position] = held[rank][position] ?? values.first
          case .broadcast(let root): own[position] = held[group[root]][position]
          }
        }
        return own
      })
  }

  /// Each rank holds what its box says, and these are the elements, or terms of them.
  func holds(_ value: ([Int]) -> Int) -> Bool {
    let terms = description.sharding.terms?.over ?? []
    return ranks.allSatisfy { rank in
      let positions = description.box(of: rank).positions
      return held[rank].count == positions.count
        && positions.allSatisfy { position in
          let values = mesh.group(of: rank, along: terms).compactMap { held[$0][position] }
          return values.count == mesh.extent(of: terms) && values.reduce(0, +) == value(position)
        }
    }
  }
}

extension Plan {
  /// Aligns operands, lets every rank work on what it holds, and finishes.
  ///
  /// - Parameter work: an element of the local result at a position, from what the rank holds of
  ///   each operand; nil if it holds too little.
  func simulated(
    _ operands: [SimulatedTensor], _ work: ([Int], [[[Int]: Int]]) -> Int?
  ) -> SimulatedTensor {
    let aligned = zip(operands, alignments).map { $0.redistributed($1) }
    let result = SimulatedTensor(
      local,
      held: (0..<local.sharding.count).map { rank in
        var own: [[Int]: Int] = [:]
        for position in local.box(of: rank).positions {
          own[position] = work(position, aligned.map { $0.held[rank] })
        }
        return own
      })
    return finish.map { result.redistributed($0) } ?? result
  }

  /// Puts blocks together.
  ///
  /// - Parameter source: for a position of the result, the one of a piece's operand.
  func assembled(
    _ operands: [SimulatedTensor], _ source: (Assembly.Piece, [Int]) -> [Int]
  ) -> SimulatedTensor {
    let assembly = assembly!
    let aligned = zip(operands, alignments).map { $0.redistributed($1) }
    return SimulatedTensor(
      local,
      held: (0..<local.sharding.count).map { rank in
        var own: [[Int]: Int] = [:]
        for part in assembly.keeps(of: rank) + assembly.receives(of: rank) {
          let piece = assembly.pieces[part.piece]
          for position in part.box.positions {
            precondition(own[position] == nil, "\(self): twice")
            own[position] = aligned[piece.operand].held[part.peer][source(piece, position)]
          }
        }
        return own
      })
  }
}

extension Box {
  /// All positions, in row-major order.
  var positions: [[Int]] {
    ranges.reduce([[]]) { positions, range in
      positions.flatMap { position in range.map { position + [$0] } }
    }
  }
}

/// Layouts on meshes of several axes.
enum MeshLayouts {
  static let meshes: [Mesh] = [
    try! Mesh(["a": 2, "b": 2], ranks: 4), try! Mesh(["a": 2, "b": 3], ranks: 6),
    try! Mesh(["a": 2, "b": 2, "c": 2], ranks: 8), try! Mesh(["a": 3, "b": 1], ranks: 3),
  ]

  /// What each axis of the mesh may do, in all combinations: nothing, cut an axis, hold terms. Two
  /// that cut one axis do it in the order of the mesh and in the other one, evenly and unevenly.
  static func all(_ shape: Shape, on mesh: Mesh, terms: [Reduction] = [.sum]) -> [Sharding] {
    let choices = shape.count + 1 + (terms.isEmpty ? 0 : 1)
    let count = mesh.axes.indices.reduce(1) { product, _ in product * choices }
    return (0..<count).flatMap { number -> [Sharding] in
      var rest = number
      var cuts: [Int: MeshAxes] = [:]
      var over = MeshAxes()
      for axis in mesh.axes.indices {
        let choice = rest % choices
        rest /= choices
        if choice < shape.count { cuts[choice, default: []].append(axis) }
        if choice == shape.count + 1 { over.append(axis) }
      }
      let ways = cuts.values.contains { $0.count > 1 } ? 3 : 2
      return (0..<ways).map { way in
        Sharding(
          mesh: mesh,
          cuts: cuts.map { axis, over in
            let over = way == 2 ? MeshAxes(over.reversed()) : over
            let extent = shape[axis]
            let parts = mesh.extent(of: over)
            return AxisCut(
              axis: axis, over: over,
              points: way == 1
                ? CutPoints((0...parts).map { $0 == parts ? extent : min($0, extent, 1) })
                : CutPoints(evenly: extent, into: parts))
          }, terms: over.isEmpty ? nil : Terms(terms[0], over: over))
      }
    }
  }

  /// Some of them, always the same.
  static func some(
    _ shape: Shape, on mesh: Mesh, terms: [Reduction] = [.sum], atMost count: Int
  ) -> [Sharding] {
    let all = all(shape, on: mesh, terms: terms)
    // A step that shares no factor with the number of layouts meets each once.
    let step = [7, 11, 13].first { all.count % $0 != 0 } ?? 1
    return (0..<min(count, all.count)).map { all[$0 * step % all.count] }
  }
}
