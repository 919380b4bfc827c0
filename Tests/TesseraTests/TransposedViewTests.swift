import Execution
import Tessera
import TestSupport
import Testing

/// Elementwise work and reductions that read, or write, tensors whose neighbours along the last
/// axis lie apart in memory: the bits are those of the same elements in row-major order.
@Suite struct TransposedViewTests {
  private static let shapes: [Shape] = [
    [1, 5000], [2, 4100], [5000, 1], [15, 300], [16, 513], [17, 1030], [33, 257], [130, 64],
    [300, 15], [1030, 17], [600, 7], [600, 8], [3, 9001], [5, 33_000], [3, 17, 129],
    [33, 2, 130], [2, 300, 15], [70, 9, 8], [1, 90, 90], [2, 3, 40, 50], [0, 300], [300, 0],
    [3, 0, 300],
  ]

  private static func count(_ shape: Shape) -> Int { shape.reduce(1, *) }

  /// The orders of axes that tests take: all of up to three axes.
  private static func orders(_ count: Int) -> [[Int]] {
    switch count {
    case 2: [[1, 0]]
    case 3: [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    default: [[0, 1, 3, 2], [3, 1, 2, 0], [2, 3, 0, 1]]
    }
  }

  /// The elements of a row-major tensor as views of memory in other orders.
  private static func views<S>(of x: Tensor<S>) -> [(name: String, tensor: Tensor<S>)] {
    func stored(_ x: Tensor<S>) -> Tensor<S> { Tensor(x.scalars, shape: x.shape) }
    var views: [(String, Tensor<S>)] = []
    for order in orders(x.shape.count) {
      let back = order.indices.map { order.firstIndex(of: $0)! }
      views.append(("\(order)", stored(x.permuted(order)).permuted(back)))
      for axis in order.indices {
        let flipped = stored(x.permuted(order).flipped(axes: [axis])).flipped(axes: [axis])
        views.append(("\(order) backwards along \(axis)", flipped.permuted(back)))
      }
      let wide = stored(concatenate([x, x, x], axis: order.last!).permuted(order))
      let extent = x.shape[order.last!]
      views.append(
        ("\(order) with gaps", wide[.ellipsis, extent..<2 * extent].permuted(back)))
    }
    return views
  }

  private static func numbers<S: NumericTensorScalar>(_ shape: Shape, _ type: S.Type) -> Tensor<S> {
    Tensor<Int64>((0..<count(shape)).map { Int64($0 * 7919 % 101) - 30 }, shape: shape)
      .converted(to: S.self)
  }

  private static func checkElements<S: NumericTensorScalar>(
    _ type: S.Type, _ findings: inout Findings
  ) {
    for shape in shapes {
      let x = numbers(shape, S.self)
      let y = (x + 3) * 2
      let last = x.flipped(axes: -1).evaluated()
      let column = x[.ellipsis, 0..<Swift.min(1, shape.last!)].evaluated()
      for (name, view) in views(of: x) {
        let what = "\(S.self) \(shape) \(name)"
        findings.check((view + 1).scalars == (x + 1).scalars, "\(what): number")
        findings.check(view.contiguous().scalars == x.scalars, "\(what): copy")
        findings.check((y - view).scalars == (y - x).scalars, "\(what): beside rows")
        findings.check((view * view - y).scalars == (x * x - y).scalars, "\(what): three")
        findings.check((view .> y).scalars == (x .> y).scalars, "\(what): comparison")
        findings.check(
          select(view .> 5, view, last).scalars == select(x .> 5, x, last).scalars,
          "\(what): selection")
        if shape.last! > 0 {
          findings.check((view - column).scalars == (x - column).scalars, "\(what): column")
        }
        // Both are stored in one pass.
        let shared = view + 2
        let other = shared * y
        findings.check(other.scalars == ((x + 2) * y).scalars, "\(what): last of two")
        findings.check(shared.scalars == (x + 2).scalars, "\(what): first of two")
        var target = view
        target += y
        findings.check(target.scalars == (x + y).scalars, "\(what): in place")
        target = view
        target[...] = y - x
        findings.check(target.scalars == (y - x).scalars, "\(what): assigned")
        target[...] = last - view
        findings.check(target.scalars == (last - x).scalars, "\(what): assigned a view")
      }
      let views = views(of: x)
      for (name, view) in Self.views(of: y) {
        for (other, tensor) in views {
          findings.check(
            (view - tensor).scalars == (y - x).scalars, "\(S.self) \(shape) \(name), \(other)")
        }
      }
    }
  }

  @Test func elements() {
    var findings = Findings()
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      Self.checkElements(Int8.self, &findings)
      Self.checkElements(Int16.self, &findings)
      Self.checkElements(Float.self, &findings)
      Self.checkElements(Int64.self, &findings)
    }
    #expect(findings.all == [])
  }

  @Test func masks() {
    var findings = Findings()
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      for shape in Self.shapes {
        let x = Self.numbers(shape, Int32.self) .> 10
        for (name, view) in Self.views(of: x) {
          let what = "\(shape) \(name)"
          findings.check((.!view).scalars == (.!x).scalars, "\(what): not")
          findings.check((view .& x).scalars == x.scalars, "\(what): and")
          for axis in shape.indices {
            findings.check(
              view.any(axes: [axis]).scalars == x.any(axes: [axis]).scalars, "\(what): any")
            findings.check(
              view.all(axes: [axis]).scalars == x.all(axes: [axis]).scalars, "\(what): all")
          }
        }
      }
    }
    #expect(findings.all == [])
  }

  private static func axes(_ shape: Shape) -> [Axes] {
    let single = shape.indices.map { Axes([$0]) }
    return single + [Axes(Array(shape.indices))]
      + (shape.count > 2 ? [[0, 1], [1, 2], [0, 2]] : [])
  }

  private static func checkReductions<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ type: S.Type, _ findings: inout Findings
  ) {
    let reductions: [(name: String, reduce: (Tensor<S>, Axes) -> Tensor<S>)] = [
      ("sum", { $0.sum(axes: $1) }), ("product", { $0.product(axes: $1) }),
      ("mean", { $0.mean(axes: $1) }), ("variance", { $0.variance(axes: $1) }),
      ("norm", { $0.norm(axes: $1) }), ("sum of tanh", { tanh($0 * 2).sum(axes: $1) }),
      ("sum of magnitudes", { ($0 + 1).abs().sum(axes: $1) }),
      ("variance of what is computed", { ($0 + 1).variance(axes: $1) }),
      ("sum about the mean", { ($0 - $0.mean(axes: $1, keepingAxes: true)).sum(axes: $1) }),
    ]
    let extremes: [(name: String, reduce: (Tensor<S>, Axes) -> Tensor<S>)] = [
      ("max", { $0.max(axes: $1) }), ("min", { $0.min(axes: $1) }),
      ("max of zeros", { ($0.sign() * 0).max(axes: $1) }),
      ("min of what is computed", { ($0 * 2).min(axes: $1) }),
    ]
    for shape in shapes {
      let x = Tensor<S>.randn(shape, key: Key(3))
      let y = Tensor<S>.randn(shape, key: Key(4))
      for axes in axes(shape) {
        let all = reductions + (count(shape) == 0 ? [] : extremes)
        let expected = all.map { $0.reduce(x, axes).bits }
        let beside = (x - y).sum(axes: axes).bits
        let spread = (x - y).variance(axes: axes).bits
        for (name, view) in views(of: x) {
          let what = "\(S.self) \(shape) \(name) over \(axes)"
          for (reduction, bits) in zip(all, expected) {
            findings.check(
              reduction.reduce(view, axes).bits == bits, "\(what): \(reduction.name)")
          }
          findings.check((view - y).sum(axes: axes).bits == beside, "\(what): beside rows")
          findings.check((view - y).variance(axes: axes).bits == spread, "\(what): spread")
        }
      }
    }
  }

  @Test(arguments: [1, 3])
  func reductions(workers: Int) {
    var findings = Findings()
    onOneRank(workers: workers, deferringFrom: 0) { _ in
      Self.checkReductions(Float.self, &findings)
      Self.checkReductions(Double.self, &findings)
    }
    #expect(findings.all == [])
  }

  private static func checkIntegers<S: IntegerTensorScalar>(
    _ type: S.Type, _ findings: inout Findings
  ) {
    for shape in shapes {
      let x = numbers(shape, S.self)
      for (name, view) in views(of: x) {
        for axis in shape.indices {
          let what = "\(S.self) \(shape) \(name) over \(axis)"
          findings.check(
            view.sum(axes: [axis]).scalars == x.sum(axes: [axis]).scalars, "\(what): sum")
          if shape[axis] == 0 { continue }
          findings.check(
            view.max(axes: [axis]).scalars == x.max(axes: [axis]).scalars, "\(what): max")
          findings.check(
            (view + x).min(axes: [axis]).scalars == (x + x).min(axes: [axis]).scalars,
            "\(what): min")
          findings.check(
            view.argmax(axis: axis).scalars == x.argmax(axis: axis).scalars, "\(what): argmax")
        }
      }
    }
  }

  @Test func integers() {
    var findings = Findings()
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      Self.checkIntegers(Int8.self, &findings)
      Self.checkIntegers(UInt16.self, &findings)
      Self.checkIntegers(Int32.self, &findings)
      Self.checkIntegers(Int64.self, &findings)
    }
    #expect(findings.all == [])
  }

  /// A NaN and infinities are those of the rows that they stand in, and where they come first.
  @Test func notNumbers() {
    var findings = Findings()
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      var x = Tensor<Float>.randn([40, 5000], key: Key(5))
      x[3, 17] = .nan
      x[8, 4999] = .infinity
      x[9, 0] = -.infinity
      x[20, 4500] = .nan
      let view = Tensor(x.transposed().scalars, shape: [5000, 40]).transposed()
      for axis in 0...1 {
        let axes = Axes([axis])
        findings.check(view.sum(axes: axes).bits == x.sum(axes: axes).bits, "sum over \(axis)")
        findings.check(view.max(axes: axes).bits == x.max(axes: axes).bits, "max over \(axis)")
        findings.check(view.min(axes: axes).bits == x.min(axes: axes).bits, "min over \(axis)")
        findings.check(
          view.argmin(axis: axis).scalars == x.argmin(axis: axis).scalars, "argmin over \(axis)")
      }
    }
    #expect(findings.all == [])
  }

  /// Blocks of a sharded tensor are views like others.
  @Test func shards() throws {
    let findings = try onLoopbackRanks(3) { _ in
      let x = Tensor<Double>.randn([301, 37], key: Key(6), sharding: .sharded(axis: 0))
      let whole = Tensor<Double>.randn([301, 37], key: Key(6))
      var findings = Findings()
      let (view, expected) = (x.transposed(), whole.transposed().contiguous())
      findings.check((view + 1).scalars == (expected + 1).scalars, "number")
      let sums = view.sum(axes: 0).scalars
      findings.check(sums == expected.sum(axes: 0).scalars, "sum over the whole axis")
      let spread = zip(view.sum(axes: 1).scalars, expected.sum(axes: 1).scalars)
      findings.check(spread.allSatisfy { Swift.abs($0 - $1) < 1e-12 }, "sum over the cut axis")
      return findings.all
    }
    for found in findings { #expect(found == []) }
  }
}

extension Tensor where Scalar: FloatingPointTensorScalar & BinaryFloatingPoint {
  /// The elements, which are exact in Double; NaN are equal.
  fileprivate var bits: [UInt64] {
    scalars.map { $0.isNaN ? Double.nan.bitPattern : Double($0).bitPattern }
  }
}
