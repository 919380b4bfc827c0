import Tessera

extension Suite {
  /// Some cases of several sizes, for what more ranks and workers make of them. Operands have more
  /// rows, and as many columns, in a larger case; work is proportional to the rows.
  ///
  /// Of n cores, a start measures what it needs for strong scaling, which is that of any other
  /// start, and for weak scaling, which is n times the smallest.
  static func scaling(_ scale: Scale) -> [Case] {
    let cores = Job.ranks * Job.workers
    let multiples = Set([1, 2, 4, cores]).sorted()
    let (rows, columns) = (scale.side / 2, scale.side / 2)
    return multiples.map { add($0 * rows, columns) }
      + multiples.map { sum($0 * rows, columns) }
      + multiples.map { product($0 * (rows / 4), columns / 4) }
      + ([0] + multiples).map { multiple in
        // A single number shows what a meeting of the ranks takes.
        allReduce("scaling/all-reduce", max(1, multiple * (rows * columns / 2)), besideMPI: false)
      }
      + multiples.map {
        redistribute("scaling/redistribute", $0 * rows, columns, besideMPI: false)
      }
      + multiples.map {
        .trainingStep("scaling/training-step", rows: $0 * (scale.batch / 4), scale.layers)
      }
  }

  private static func add(_ rows: Int, _ columns: Int) -> Case {
    let share = Job.share(of: rows) * columns
    return Case("scaling/add", size: rows * columns, .memory([.add(share)])) {
      let (a, b) = (Pattern.first, Pattern.second)
      let (x, y) = (a.matrix(rows, columns), b.matrix(rows, columns))
      return Trial(tolerance: 1e-6, expected: { a($0) + b($0) }) { x + y }
    }
  }

  private static func sum(_ rows: Int, _ columns: Int) -> Case {
    let size = rows * columns
    let share = Job.share(of: rows) * columns
    return Case("scaling/sum", size: size, .memory([.read(share)])) {
      let a = Pattern.first
      let x = a.matrix(rows, columns)
      return Trial(tolerance: 1e-5, expected: { _ in a.sum(upTo: size) }) { x.sum() }
    }
  }

  /// Of some rows and a square.
  private static func product(_ rows: Int, _ side: Int) -> Case {
    let operations = 2 * Double(Job.share(of: rows)) * Double(side) * Double(side)
    return Case("scaling/matmul", size: rows, .arithmetic(operations: operations, isDouble: false))
    {
      let (a, b) = (Pattern.first, Pattern.second)
      let x: Tensor<Float> = a.matrix(rows, side)
      let y: Tensor<Float> = b.matrix(side, side, sharding: .replicated)
      return Trial(
        tolerance: 1e-5,
        expected: { position in
          let (row, column) = position.quotientAndRemainder(dividingBy: side)
          return (0..<side).reduce(0.0) { $0 + a(row * side + $1) * b($1 * side + column) }
        }
      ) {
        Tessera.matmul(x, y)
      }
    }
  }
}
