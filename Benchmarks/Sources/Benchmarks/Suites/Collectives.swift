import Tessera

extension Suite {
  /// Communication between ranks, beside plain MPI. The limit reads and writes the same bytes
  /// within each rank's own memory, at the same time on all ranks.
  static func collectives(_ scale: Scale) -> [Case] {
    let count = scale.elements / 2
    return [
      allReduce("collectives/all-reduce", count),
      allReduce("collectives/all-reduce", 1),
      broadcast(count),
      redistribute("collectives/redistribute-0-1", scale.side, scale.side),
      overlap(count, scale.products.last!),
    ]
  }

  /// Each rank reads its part of all terms and writes their sum, then copies the other parts.
  private static func allReducePasses(_ count: Int) -> [Pass] {
    let part = Job.share(of: count)
    return [.join(part, terms: Job.ranks), .copy(count - part)]
  }

  static func allReduce(_ name: String, _ count: Int, besideMPI: Bool = true) -> Case {
    // Nothing is faster between ranks than what MPI takes for so little.
    let bound =
      count == 1
      ? Bound.peer { () throws(TensorError) in try .allReduceOfMPI(1) }
      : .memory(allReducePasses(count))
    return .ofSeveralRanks(name, size: count, bound) { () throws(TensorError) in
      let a = Pattern.first
      let terms = termOfEachRank(count)
      var trial = Trial(
        tolerance: 1e-6,
        expected: { position in
          (0..<Job.ranks).reduce(0.0) { $0 + a($1 * count + position) }
        }
      ) {
        terms.redistributed(to: .replicated)
      }
      if besideMPI { trial.peers = [try .allReduceOfMPI(count)] }
      return trial
    }
  }

  /// A vector of which each rank has one term.
  private static func termOfEachRank(_ count: Int) -> Tensor<Float> {
    Pattern.first.matrix(Job.ranks, count).sum(axes: 0, result: .partial(.sum))
  }

  private static func broadcast(_ count: Int) -> Case {
    // The root has it already.
    let bound = Bound.memory(Job.isFirst ? [] : [.copy(count)])
    return .ofSeveralRanks("collectives/broadcast", size: count, bound) {
      () throws(TensorError) in
      let a = Pattern.first
      // The first row, which the first rank holds.
      let row = a.matrix(Job.ranks, count)[0]
      var trial = Trial(tolerance: 0, expected: { a($0) }) { row.redistributed(to: .replicated) }
      trial.peers = [try .broadcastOfMPI(count)]
      return trial
    }
  }

  static func redistribute(
    _ name: String, _ rows: Int, _ columns: Int, besideMPI: Bool = true
  ) -> Case {
    let bound = Bound.memory([.copy(Job.share(of: rows) * columns)])
    return .ofSeveralRanks(name, size: rows * columns, bound) { () throws(TensorError) in
      let a = Pattern.first
      let x = a.matrix(rows, columns)
      var trial = Trial(tolerance: 0, expected: { a($0) }) {
        x.redistributed(to: .sharded(axis: 1))
      }
      if besideMPI { trial.peers = [try .redistributeOfMPI(rows, columns)] }
      return trial
    }
  }

  /// An all-reduce that is asked for before a product which does not need it, both of them done at
  /// the end; their last elements are looked at. The limit is that of the product, behind which the
  /// all-reduce may hide.
  private static func overlap(_ count: Int, _ side: Int) -> Case {
    let operations = 2 * Double(Job.share(of: side)) * Double(side) * Double(side)
    let bound = Bound.arithmetic(operations: operations, isDouble: false)
    return .ofSeveralRanks("collectives/overlap", size: count, bound) {
      let (a, b) = (Pattern.first, Pattern.second)
      let terms = termOfEachRank(count)
      let x: Tensor<Float> = a.matrix(side, side)
      let y: Tensor<Float> = b.matrix(side, side, sharding: .replicated)
      let total = (0..<Job.ranks).reduce(0.0) { $0 + a($1 * count + count - 1) }
      let dot = (0..<side).reduce(0.0) { $0 + a((side - 1) * side + $1) * b($1 * side + side - 1) }
      var trial = Trial(
        call: {
          let sum = terms.redistributed(to: .replicated)
          let product = Tessera.matmul(x, y)
          _ = sum.storageIdentifier
          return product.storageIdentifier
        },
        fault: { isSpoiled in
          let sum = terms.redistributed(to: .replicated)
          let product = Tessera.matmul(x, y)
          var given = [Double(sum[-1].item()), Double(product[-1, -1].item())]
          if isSpoiled { given = given.map { $0 + 1 } }
          for (given, expected) in zip(given, [total, dot])
          where abs(given - expected) > 1e-5 * max(1, abs(expected)) {
            return "\(given) instead of \(expected)"
          }
          return nil
        })
      trial.parts = [
        .calls("all-reduce") { terms.redistributed(to: .replicated).storageIdentifier },
        .calls("matmul") { Tessera.matmul(x, y).storageIdentifier },
      ]
      return trial
    }
  }
}

extension Case {
  fileprivate static func ofSeveralRanks(
    _ name: String, size: Int, _ bound: Bound, prepare: @escaping () throws(TensorError) -> Trial
  ) -> Case {
    var item = Case(name, size: size, bound, prepare: prepare)
    item.leastRanks = 2
    return item
  }
}
