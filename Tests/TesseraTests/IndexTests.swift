import Tessera
import TestSupport
import Testing

/// What stands between brackets.
@Suite struct IndexTests {
  @Test func indexExpressionsOfSwiftRanges() throws {
    func shape(_ indices: any TensorIndex...) throws -> Shape {
      let expressions: [IndexExpression] = indices.compactMap {
        if case .expression(let expression) = $0.indexTerm { expression } else { nil }
      }
      return try Selection(expressions, of: [5, 6, 7], for: "test").shape
    }
    #expect(try shape(1) == [6, 7])
    #expect(try shape(-1, 2..<4) == [2, 7])
    #expect(try shape(1...3, 2..., ..<(-1)) == [3, 4, 6])
    #expect(try shape(0...Int.max, Int.min...) == [5, 6, 7])
    #expect(try shape(...2) == [3, 6, 7])
    #expect(try shape(.ellipsis, 0) == [5, 6])
    #expect(try shape(.newAxis, .all, .newAxis, 0) == [1, 5, 1, 7])
    #expect(try shape(.slice(1, -1), .stride(by: -2)) == [3, 3, 7])
    #expect(throws: TensorError.self) { try shape(5) }
    #expect(throws: TensorError.self) { try shape(0, 0, 0, 0) }
    #expect(throws: TensorError.self) { try shape(.ellipsis, .ellipsis) }
  }

  @Test func extremeStepsOfAnyPlacement() throws {
    let results = try onLoopbackRanks(3) { runtime in
      try OperandPlacement.all(axes: 1).map { placement in
        let x = try Tensor<Int64>(
          (0..<5).map { Int64($0) }, shape: [5], placed: placement, on: runtime)
        var y = x
        y[.stride(from: 2, by: .max)] = 7
        y[.stride(from: 1, by: .min)] = 8
        return [x[.stride(from: 3, by: .max)], x[.stride(from: 3, by: .min)], y].map(\.scalars)
      }
    }
    for result in results.flatMap({ $0 }) { #expect(result == [[3], [3], [0, 8, 7, 3, 4]]) }
  }

  /// An index tensor without axes names one position, of an axis that is cut or not.
  @Test func aSinglePositionIsWrittenInAnyPlacement() throws {
    let results = try onLoopbackRanks(3) { runtime in
      try OperandPlacement.all(axes: 2).map { placement in
        var x = try Tensor<Float>(
          [Float](repeating: 0, count: 6), shape: [3, 2], placed: placement, on: runtime)
        x[..., Tensor<Int>(-1)] = Tensor<Float>([1, 2, 3])
        x[Tensor<Int>(0)] += 4
        return x.scalars
      }
    }
    for result in results.flatMap({ $0 }) { #expect(result == [4, 5, 0, 2, 0, 3]) }
  }
}
