import Tessera

extension Case {
  /// What nine tenths of the numbers are not above.
  static func quantile(_ scale: Scale) -> Case {
    orderStatistic("jobs/quantile", scale, share: 0.9) { $0.quantile(0.9) }
  }
}
