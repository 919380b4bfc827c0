import Shapes

// What ranks must agree on before elements move, down to the cut points.
extension StableHash {
  package mutating func combine(_ cuts: CutPoints) {
    combine(cuts.isEven)
    combine(cuts.extent)
    if cuts.isEven { return }
    for part in 1..<cuts.count { combine(cuts[part]) }
  }

  package mutating func combine(_ placement: Placement?) {
    switch placement {
    case nil: combine(3)
    case .replicated: combine(0)
    case .partial(let reduction):
      combine(1)
      combine(Int(reduction.rawValue))
    case .sharded(let axis):
      combine(2)
      combine(axis)
    }
  }

  package mutating func combine(_ sharding: Sharding) {
    combine(sharding.mesh.axes.count)
    for index in sharding.mesh.axes.indices { combine(sharding.mesh.axes[index].extent) }
    combine(sharding.cuts.count)
    for index in sharding.cuts.indices {
      combine(sharding.cuts[index].axis)
      combine(sharding.cuts[index].over)
      combine(sharding.cuts[index].points)
    }
    combine(sharding.terms.map { Int($0.reduction.rawValue) } ?? -1)
    if let terms = sharding.terms { combine(terms.over) }
  }

  private mutating func combine(_ axes: MeshAxes) {
    combine(axes.count)
    for axis in axes { combine(axis) }
  }

  package mutating func combine(_ sharding: Sharding?) {
    combine(sharding != nil)
    if let sharding { combine(sharding) }
  }

  package mutating func combine(_ description: TensorDescription) {
    combine(word: UInt64(bitPattern: description.fingerprint))
  }

  package mutating func combine(_ descriptions: [TensorDescription]) {
    combine(descriptions.count)
    for index in descriptions.indices { combine(descriptions[index]) }
  }
}
