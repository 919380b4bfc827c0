import Tessera

extension Case {
  /// The median of an even number of numbers.
  static func median(_ scale: Scale) -> Case {
    orderStatistic("jobs/median", scale, share: 0.5) { $0.median() }
  }
}
