import Tessera

extension Suite {
  /// What a call costs when there is hardly anything to do. The limit is a call of a function in C.
  static func overhead() -> [Case] {
    let (a, b) = (Pattern.first, Pattern.second)
    return [
      Case("overhead/add", size: 4, .smallCall) {
        let x: Tensor<Float> = a.matrix(1, 4, sharding: .replicated)
        let y: Tensor<Float> = b.matrix(1, 4, sharding: .replicated)
        return Trial(tolerance: 0, expected: { a($0) + b($0) }) { x + y }
      }
    ]
  }
}
