/// How long a job may take on several ranks.
package enum RankTarget {
  /// So many times what one rank takes that has as many workers as they have together.
  package static let ratio = 1.15
}

extension Record {
  /// Whether ranks cost a job more than they may; nil where that is not known, and of other cases.
  package var isAboveRankTarget: Bool? {
    isQuick == true || !name.hasPrefix("jobs/")
      ? nil : ratioToOneRank.map { $0 > RankTarget.ratio }
  }
}
