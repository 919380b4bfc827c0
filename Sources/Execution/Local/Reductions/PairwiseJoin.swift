/// Joins parts 0 ..< count as the leaves of a binary tree: 0 with 1, both with the pair of 2 and 3,
/// and so on. What has no partner joins one level higher.
///
/// So a value passes through log₂ count joins, and the order is a function of the count alone.
/// - Parameter join: joins the right part into the left one.
@inline(__always)
func joinPairwise(_ count: Int, _ join: (_ left: Int, _ right: Int) -> Void) {
  var distance = 1
  while distance < count {
    for left in stride(from: 0, to: count - distance, by: 2 * distance) {
      join(left, left + distance)
    }
    distance *= 2
  }
}
