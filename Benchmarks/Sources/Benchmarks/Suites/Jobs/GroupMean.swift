import Tessera

extension Case {
  /// Means of the numbers of each group.
  static func groupMean(_ scale: Scale) -> Case {
    grouped("jobs/group-mean", scale, divide: true) { x, groups, count in
      x.grouped(by: groups, into: count).mean()
    }
  }
}
