extension Suite {
  /// What people write, as the pages for users show it. Each has a file of its name in `Jobs`, and
  /// one in Benchmarks/peers/jobs has the same of other libraries.
  static func jobs(_ scale: Scale) -> [Case] {
    let jobs: [(Scale) -> Case] = [
      Case.topK, Case.topKRows, Case.median, Case.quantile,
      Case.sorted, Case.argsort, Case.unique,
      Case.groupSum, Case.groupMean, Case.binCounts, Case.histogram,
      Case.gather, Case.scatter, Case.masked, Case.selected, Case.scan,
      Case.smoothing, Case.movingAverage, Case.autocorrelation, Case.heat, Case.life,
      Case.moments, Case.covariance, Case.distances, Case.nearestNeighbours, Case.kMeans,
      Case.conjugateGradients, Case.powerIteration, Case.pageRank, Case.gramSchmidt,
      Case.lasso, Case.lassoDescent, Case.logistic, Case.logisticTape,
      Case.perceptron, Case.ptychography, Case.powerSpectrum, Case.smallSums, Case.smallProducts,
    ]
    return jobs.map { $0(scale) }
  }
}
