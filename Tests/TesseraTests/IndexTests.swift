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
}
