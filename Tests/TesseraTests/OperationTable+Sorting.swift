import Execution
import Foundation
import Tessera
import TestSupport

extension OperationRow {
  /// Rows of order along an axis. Elements repeat, so that it shows which of equal ones comes
  /// first.
  static var sorting: [OperationRow] {
    let vector: @Sendable (Extents) -> [[Int]] = { [[$0.m]] }
    let solid: @Sendable (Extents) -> [[Int]] = { [[$0.k, $0.m, $0.n]] }
    return [
      movement("sorted, axis 0", { TableResult($0[0].sorted(axis: 0)) }) {
        Order(axis: 0).values($0[0])
      },
      movement("sorted descending", { TableResult($0[0].sorted(descending: true)) }) {
        Order(axis: 1, descending: true).values($0[0])
      },
      movement("sorted vector", shapes: vector, { TableResult($0[0].sorted()) }) {
        Order(axis: 0).values($0[0])
      },
      movement(
        "sorted, axis 1 of 3", shapes: solid, { TableResult($0[0].sorted(axis: 1)) }
      ) { Order(axis: 1).values($0[0]) },
      movement(
        "sort transposed",
        {
          var x = $0[0].transposed()
          x.sort(axis: 0)
          return TableResult(x)
        }
      ) { Order(axis: 0).values($0[0].permuted([1, 0])) },
      movement("argsort, axis 0", { TableResult($0[0].argsort(axis: 0)) }) {
        Order(axis: 0).positions($0[0])
      },
      movement("argsort descending", { TableResult($0[0].argsort(descending: true)) }) {
        Order(axis: 1, descending: true).positions($0[0])
      },
      movement("argsort vector", shapes: vector, { TableResult($0[0].argsort()) }) {
        Order(axis: 0).positions($0[0])
      },
      movement("topK, axis 0", { TableResult(top($0[0], 0).values) }) {
        Order(axis: 0, descending: true, share: 2).values($0[0])
      },
      movement("topK indices, axis 0", { TableResult(top($0[0], 0).indices) }) {
        Order(axis: 0, descending: true, share: 2).positions($0[0])
      },
      movement("topK smallest", { TableResult(top($0[0], 1, largest: false).values) }) {
        Order(axis: 1, share: 2).values($0[0])
      },
      movement("topK of a vector", shapes: vector, { TableResult(top($0[0], 0).values) }) {
        Order(axis: 0, descending: true, share: 2).values($0[0])
      },
      movement(
        "topK indices, axis 1 of 3", shapes: solid, { TableResult(top($0[0], 1).indices) }
      ) { Order(axis: 1, descending: true, share: 2).positions($0[0]) },
      movement(
        "searchSorted", shapes: { [[$0.m], [$0.k, $0.n]] },
        { TableResult($0[0].sorted().searchSorted($0[1])) }
      ) { places(of: $0[1], in: $0[0]) },
      movement(
        "searchSorted, right", shapes: { [[$0.m], [$0.n]] },
        { TableResult($0[0].sorted().searchSorted($0[1], side: .right)) }
      ) { places(of: $0[1], in: $0[0], side: .right) },
      movement(
        "searchSorted of one value", shapes: { [[$0.m], []] },
        { TableResult($0[0].sorted().searchSorted($0[1])) }
      ) { places(of: $0[1], in: $0[0]) },
      movement("unique", { TableResult($0[0].unique()) }) { operands in
        let values = Set(operands[0].values).sorted()
        return Reference(shape: [values.count], values: values)
      }.withoutDerivative(),
    ]
  }

  /// How many elements come before each value; NaN are equal to each other and come last.
  fileprivate static func places(
    of values: Reference, in elements: Reference, side: SearchSide = .left
  ) -> Reference {
    values.map { value in
      Double(
        elements.values.count { element in
          if value.isNaN { return side == .right || !element.isNaN }
          return element < value || side == .right && element == value
        })
    }
  }

  /// Half of the elements, rounded up.
  private static func top(
    _ x: Tensor<Scalar>, _ axis: Int, largest: Bool = true
  ) -> (values: Tensor<Scalar>, indices: Tensor<Int64>) {
    x.topK((x.shape[axis] + 1) / 2, axis: axis, largest: largest)
  }
}

extension OperationRow where Scalar: FloatingPointTensorScalar {
  /// The same with values that are no numbers, which come last.
  static var sortingNaN: [OperationRow] {
    @Sendable func withNaN(_ x: Tensor<Scalar>) -> Tensor<Scalar> { select(x .== 2, Scalar.nan, x) }
    @Sendable func withNaN(_ x: Reference) -> Reference { x.map { $0 == 2 ? .nan : $0 } }
    return [
      movement("sorted with NaN", { TableResult(withNaN($0[0]).sorted(axis: 0)) }) {
        Order(axis: 0).values(withNaN($0[0]))
      },
      movement(
        "argsort descending with NaN",
        { TableResult(withNaN($0[0]).argsort(axis: 0, descending: true)) }
      ) { Order(axis: 0, descending: true).positions(withNaN($0[0])) },
      movement(
        "topK with NaN", { TableResult(withNaN($0[0]).topK($0[0].shape[0], axis: 0).indices) }
      ) { Order(axis: 0, descending: true).positions(withNaN($0[0])) },
      movement(
        "searchSorted with NaN", shapes: { [[$0.m], [$0.n, $0.k]] },
        { TableResult(withNaN($0[0]).sorted().searchSorted(withNaN($0[1]))) }
      ) { places(of: withNaN($0[1]), in: withNaN($0[0])) },
      movement(
        "searchSorted with NaN, right", shapes: { [[$0.m], [$0.n]] },
        { TableResult(withNaN($0[0]).sorted().searchSorted(withNaN($0[1]), side: .right)) }
      ) { places(of: withNaN($0[1]), in: withNaN($0[0]), side: .right) },
      movement("median, axis 0", { TableResult($0[0].median(axes: 0)) }) {
        Quantile(0.5).values($0[0], [0])
      },
      movement("median of a vector", shapes: { [[$0.m]] }, { TableResult($0[0].median()) }) {
        Quantile(0.5).values($0[0], [0])
      },
      movement("median of all", { TableResult($0[0].median()) }) {
        Quantile(0.5).values($0[0], [0, 1])
      },
      movement("quantile, axis 1", { TableResult($0[0].quantile(0.3, axes: 1)) }) {
        Quantile(0.3).values($0[0], [1])
      },
      movement(
        "quantile, axes 0 and 2 of 3", shapes: { [[$0.k, $0.m, $0.n]] },
        { TableResult($0[0].quantile(0.75, axes: [0, 2], keepingAxes: true)) }
      ) { Quantile(0.75).values($0[0], [0, 2], keepingAxes: true) },
      movement("the least of all as a quantile", { TableResult($0[0].quantile(0)) }) {
        Quantile(0).values($0[0], [0, 1])
      },
      movement(
        "quantile with NaN", { TableResult(withNaN($0[0]).quantile(0.1, axes: 0)) }
      ) { Quantile(0.1).values(withNaN($0[0]), [0]) },
      movement("unique with NaN", { TableResult(withNaN($0[0]).unique()) }) { operands in
        let all = withNaN(operands[0]).values
        let values =
          Set(all.filter { !$0.isNaN }).sorted() + (all.contains { $0.isNaN } ? [.nan] : [])
        return Reference(shape: [values.count], values: values)
      }.withoutDerivative(),
    ]
  }
}

/// A quantile by plain loops: between two places of the sorted elements, NaN where one of them is.
private struct Quantile {
  let share: Double

  init(_ share: Double) { self.share = share }

  /// Nil where there is nothing to choose from.
  func values(_ x: Reference, _ axes: [Int], keepingAxes: Bool = false) -> Reference? {
    if axes.contains(where: { x.shape[$0] == 0 }) { return nil }
    return x.reduced(axes, keepingAxes: keepingAxes) { values in
      if values.contains(where: { $0.isNaN }) { return .nan }
      let order = values.sorted()
      let place = share * Double(order.count - 1)
      let low = Int(place)
      let high = min(low + 1, order.count - 1)
      return order[low] + (order[high] - order[low]) * (place - Double(low))
    }
  }
}

/// The order along an axis by plain loops: a stable sort, NaN last.
private struct Order {
  var axis: Int
  var descending = false
  /// One of so many elements is wanted, rounded up.
  var share = 1

  func positions(_ x: Reference) -> Reference { sorted(x) { Double($0.position) } }

  func values(_ x: Reference) -> Reference { sorted(x) { $0.value } }

  private func sorted(
    _ x: Reference, _ part: ((position: Int, value: Double)) -> Double
  ) -> Reference {
    var shape = x.shape
    shape[axis] = (shape[axis] + share - 1) / share
    return Reference(shape: shape) { place in
      let line = (0..<x.shape[axis]).map { index in
        var own = place
        own[axis] = index
        return (position: index, value: x[own])
      }
      let order = line.sorted { a, b in
        if a.value.isNaN || b.value.isNaN {
          return a.value.isNaN == b.value.isNaN ? a.position < b.position : b.value.isNaN
        }
        if a.value != b.value { return (a.value < b.value) != descending }
        return a.position < b.position
      }
      return part(order[place[axis]])
    }
  }
}
