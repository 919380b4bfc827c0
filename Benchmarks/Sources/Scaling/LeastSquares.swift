/// Coefficients of a sum, none of them negative, that come closest to what it should be.
enum LeastSquares {
  /// The x ≥ 0 for which Σ (Σ rows[i][j] · x[j] − 1)² is least: rows are divided by what they
  /// should sum up to, so that errors are relative.
  ///
  /// One coefficient after another is set to its best value for the others, which cannot but come
  /// closer (Franc, Hlaváč and Navara: Sequential coordinate-wise algorithm for the non-negative
  /// least squares problem, 2005).
  static func solve(_ rows: [[Double]]) -> [Double] {
    let count = rows.first?.count ?? 0
    // Columns of length 1, so that large units converge like small ones.
    let lengths = (0..<count).map { column in
      rows.reduce(0) { $0 + $1[column] * $1[column] }.squareRoot()
    }
    let scaled = rows.map { row in
      zip(row, lengths).map { $1 > 0 ? $0 / $1 : 0 }
    }
    let products = (0..<count).map { i in
      (0..<count).map { j in scaled.reduce(0) { $0 + $1[i] * $1[j] } }
    }
    let sums = (0..<count).map { i in scaled.reduce(0) { $0 + $1[i] } }
    var solution = [Double](repeating: 0, count: count)
    for _ in 0..<20_000 {
      var change = 0.0
      for i in 0..<count where lengths[i] > 0 {
        let rest = zip(products[i], solution).reduce(sums[i]) { $0 - $1.0 * $1.1 }
        let next = max(0, solution[i] + rest / products[i][i])
        change = max(change, abs(next - solution[i]))
        solution[i] = next
      }
      if change < 1e-12 { break }
    }
    return zip(solution, lengths).map { $1 > 0 ? $0 / $1 : 0 }
  }
}
