import Tessera

extension Case {
  /// Sums of the numbers of each group.
  static func groupSum(_ scale: Scale) -> Case {
    grouped("jobs/group-sum", scale, divide: false) { x, groups, count in
      x.grouped(by: groups, into: count).sum()
    }
  }
}
