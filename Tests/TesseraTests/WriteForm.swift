import Execution
import Tessera
import TestSupport
import Testing

/// A way to write into a tensor of shape [5, 4], and what plain loops say that it gives. It is
/// linear in the target and in each value by itself.
struct WriteForm: Sendable, CustomTestStringConvertible {
  static let shape: Shape = [5, 4]

  let testDescription: String
  /// The shapes of the values that are written.
  let shapes: [Shape]
  /// Whether it must see elements before it can be planned.
  var readsElements = false
  /// Gives what writes, with the tensors that are its indices.
  let prepare: @Sendable () -> (inout Tensor<Double>, [Tensor<Double>]) throws -> Void
  let oracle: @Sendable (Reference, [Reference]) -> Reference

  /// A change of all elements.
  private static func update(
    _ name: String, _ shapes: Shape...,
    run: @escaping @Sendable (inout Tensor<Double>, [Tensor<Double>]) -> Void,
    _ function: @escaping @Sendable ([Double]) -> Double
  ) -> WriteForm {
    WriteForm(
      testDescription: name, shapes: shapes, prepare: { run },
      oracle: { Reference.broadcast([$0] + $1, function) })
  }

  /// An assignment to a part.
  ///
  /// - Parameter place: the element of the value, broadcast to `part`, that stays at a position;
  ///   nil where the target does.
  private static func assignment(
    _ name: String, _ value: Shape, part: [Int], readsElements: Bool = false,
    at terms: @escaping @Sendable () -> [any TensorIndex],
    _ place: @escaping @Sendable (_ row: Int, _ column: Int) -> [Int]?
  ) -> WriteForm {
    WriteForm(
      testDescription: name, shapes: [value], readsElements: readsElements,
      prepare: {
        let terms = terms().map(\.indexTerm)
        return { try $0.replace(terms, with: $1[0]) }
      },
      oracle: { target, values in
        let zeros = Reference(shape: part) { _ in 0 }
        let value = Reference.broadcast([zeros, values[0]]) { $0[1] }
        return Reference(shape: target.shape) { position in
          place(position[0], position[1]).map { value[$0] } ?? target[position]
        }
      })
  }

  private static func positions(_ numbers: [Int64], sharded: Bool = false) -> Tensor<Int64> {
    let positions = Tensor<Int64>(numbers, shape: [numbers.count])
    return sharded ? positions.redistributed(to: .sharded(axis: 0)) : positions
  }

  private static func rows(_ row: Int, _ column: Int) -> [Int]? {
    row == 4 ? [2, column] : row == 1 ? [1, column] : nil
  }

  static let all: [WriteForm] = [
    update("x += y", [5, 4], run: { $0 += $1[0] }, { $0[0] + $0[1] }),
    update("x -= row", [4], run: { $0 -= $1[0] }, { $0[0] - $0[1] }),
    update("x *= column", [5, 1], run: { $0 *= $1[0] }, { $0[0] * $0[1] }),
    update("x += 3", run: { x, _ in x += 3 }, { $0[0] + 3 }),
    assignment(
      "x[1..<4] = y", [3, 4], part: [3, 4], at: { [1..<4] },
      { row, column in (1..<4).contains(row) ? [row - 1, column] : nil }),
    assignment(
      "x[.stride(by: -2)] = y", [3, 4], part: [3, 4],
      at: { [IndexExpression.slice(start: nil, end: nil, step: -2)] },
      { row, column in row % 2 == 0 ? [2 - row / 2, column] : nil }),
    assignment(
      "x[..., 2] = column", [5], part: [5], at: { [IndexExpression.remainingAxes, 2] },
      { row, column in column == 2 ? [row] : nil }),
    assignment(
      "x[...] = y", [5, 4], part: [5, 4], at: { [IndexExpression.remainingAxes] }, { [$0, $1] }),
    assignment("x[0..<5] = row", [4], part: [5, 4], at: { [0..<5] }, { [$0, $1] }),
    assignment(
      "x[3, 1] = number", [], part: [], at: { [3, 1] },
      { row, column in row == 3 && column == 1 ? [] : nil }),
    assignment(
      "x[mask of rows] = row", [4], part: [4],
      at: { [Tensor<Bool>([true, false, false, true, false])] },
      { row, column in row % 3 == 0 ? [column] : nil }),
    assignment(
      "x[mask] = number", [], part: [],
      at: { [Tensor<Bool>((0..<20).map { $0 % 3 == 0 }, shape: shape)] },
      { row, column in (4 * row + column) % 3 == 0 ? [] : nil }),
    assignment(
      "x[..., mask] = columns", [5, 2], part: [5, 2], readsElements: true,
      at: { [IndexExpression.remainingAxes, Tensor<Bool>([false, true, false, true])] },
      { row, column in column % 2 == 1 ? [row, column / 2] : nil }),
    // Of two rows for one position the last stays.
    assignment(
      "x[positions] = rows", [3, 4], part: [3, 4], at: { [positions([4, 1, -1])] }, rows),
    assignment(
      "x[sharded positions] = rows", [3, 4], part: [3, 4], readsElements: true,
      at: { [positions([4, 1, -1], sharded: true)] }, rows),
    assignment(
      "x[..., positions] = row", [2], part: [5, 2],
      at: { [IndexExpression.remainingAxes, positions([3, 0])] },
      { row, column in column == 3 ? [row, 0] : column == 0 ? [row, 1] : nil }),
    assignment(
      "x[1..., positions] = y", [4, 2], part: [4, 2], at: { [1..., positions([3, 0])] },
      { row, column in
        row == 0 ? nil : column == 3 ? [row - 1, 0] : column == 0 ? [row - 1, 1] : nil
      }),
    assignment(
      "x[rows, columns] = y", [3], part: [3], readsElements: true,
      at: { [positions([0, 4, 2]), positions([3, 0, -2])] },
      { row, column in [[0, 3], [4, 0], [2, 2]].firstIndex(of: [row, column]).map { [$0] } }),
  ]

  func run(_ target: inout Tensor<Double>, _ values: [Tensor<Double>]) throws {
    try prepare()(&target, values)
  }

  /// Numbers that differ for each operand.
  static func numbers(_ shape: Shape, _ operand: Int) -> Reference {
    let count = shape.elementCount
    return Reference(
      shape: Array(shape), values: (0..<count).map { Double(($0 * 7 + 5 * operand) % 23 - 9) })
  }

  var target: Reference { Self.numbers(Self.shape, 0) }
  var values: [Reference] { shapes.enumerated().map { Self.numbers($1, $0 + 1) } }

  /// All ways in which the values may lie.
  var placements: [[OperandPlacement]] {
    shapes.reduce([[]]) { all, shape in
      all.flatMap { some in OperandPlacement.all(axes: shape.count).map { some + [$0] } }
    }
  }
}

extension Reference {
  /// The same as a tensor that lies in a given way.
  func tensor(
    _ placement: OperandPlacement = .replicated, on runtime: Runtime
  ) throws -> Tensor<Double> {
    try Tensor<Double>(values, shape: Shape(shape), placed: placement, on: runtime)
  }
}
