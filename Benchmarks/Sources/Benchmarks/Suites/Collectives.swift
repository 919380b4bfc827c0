import Tessera

extension Suite {
  /// Communication between ranks, beside plain MPI. The limit reads and writes the same bytes within
  /// each rank's own memory, at the same time on all ranks.
  static func collectives(_ scale: Scale) -> [Case] {
    let count = scale.elements / 2
    return [
      allReduce(count, .memory(allReducePasses(count))),
      // Nothing is faster between ranks than what MPI takes for so little.
      allReduce(1, .peer { () throws(TensorError) in try .allReduceOfMPI(1) }),
      broadcast(count), redistribute(scale.side),
    ]
  }

  /// Each rank reads its part of all terms and writes their sum, then copies the other parts.
  private static func allReducePasses(_ count: Int) -> [Pass] {
    let part = Job.share(of: count)
    return [.join(part, terms: Job.ranks), .copy(count - part)]
  }

  private static func allReduce(_ count: Int, _ bound: Bound) -> Case {
    Case("collectives/all-reduce", size: count, bound) { () throws(TensorError) in
      let a = Pattern.first
      let terms = a.matrix(Job.ranks, count).sum(axes: 0, result: .partial(.sum))
      var trial = Trial(
        tolerance: 1e-6,
        expected: { position in
          (0..<Job.ranks).reduce(0.0) { $0 + a($1 * count + position) }
        }
      ) {
        terms.redistributed(to: .replicated)
      }
      trial.peers = [try .allReduceOfMPI(count)]
      return trial
    }
  }

  private static func broadcast(_ count: Int) -> Case {
    // The root has it already.
    let bound = Bound.memory(Job.isFirst ? [] : [.copy(count)])
    return Case("collectives/broadcast", size: count, bound) { () throws(TensorError) in
      let a = Pattern.first
      // The first row, which the first rank holds.
      let row = a.matrix(Job.ranks, count)[0]
      var trial = Trial(tolerance: 0, expected: { a($0) }) { row.redistributed(to: .replicated) }
      trial.peers = [try .broadcastOfMPI(count)]
      return trial
    }
  }

  private static func redistribute(_ side: Int) -> Case {
    let bound = Bound.memory([.copy(Job.share(of: side) * side)])
    return Case("collectives/redistribute-0-1", size: side * side, bound) {
      () throws(TensorError) in
      let a = Pattern.first
      let x = a.matrix(side, side)
      var trial = Trial(tolerance: 0, expected: { a($0) }) {
        x.redistributed(to: .sharded(axis: 1))
      }
      trial.peers = [try .redistributeOfMPI(side)]
      return trial
    }
  }
}
