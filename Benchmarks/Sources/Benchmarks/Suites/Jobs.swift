extension Suite {
  /// What people write, as the pages for users show it. The files in `Jobs` have one subject each,
  /// and the scripts in Benchmarks/peers/jobs the same of other libraries.
  static func jobs(_ scale: Scale) -> [Case] {
    let jobs: [(Scale) -> Case] = [
      Case.topK, Case.topKOfRows, Case.median, Case.quantile,
      Case.sorted, Case.argsort, Case.unique,
      Case.scatterSum, Case.groupMean, Case.binCounts, Case.histogram,
      Case.gather, Case.scatter, Case.masked, Case.selected, Case.scan,
      Case.smoothing, Case.movingAverage, Case.autocorrelation, Case.heat, Case.life,
      Case.moments, Case.covariance, Case.distances, Case.neighbours, Case.kMeans,
      Case.conjugateGradients, Case.powerIteration, Case.pageRank, Case.gramSchmidt,
      Case.lassoShrinkage, Case.lassoDescent, Case.logistic, Case.logisticWithTape,
      Case.smallPerceptron, Case.smallSums, Case.smallProducts,
    ]
    return jobs.map { $0(scale) }
  }
}
