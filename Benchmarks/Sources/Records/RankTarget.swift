/// How long a case may take on several ranks.
package enum RankTarget {
  /// So many times what one rank takes that has as many workers as they have together.
  package static let ratio = 1.15
}

extension Record {
  /// Whether ranks cost more than they may; nil where that is not known.
  package var isAboveRankTarget: Bool? {
    isQuick == true ? nil : ratioToOneRank.map { $0 > RankTarget.ratio }
  }
}
