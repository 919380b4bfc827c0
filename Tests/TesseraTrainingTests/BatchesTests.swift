import Execution
import Tessera
import TesseraIO
import TesseraTraining
import TestSupport
import Testing

/// Batches of tensors and files, wherever their rows lie.
@Suite struct BatchesTests {
  /// Rows of a source in memory, as a file has them.
  private struct Bytes: RowSource {
    let shape: Shape
    var scalarType: ScalarType { .uint8 }
    var bytesRead: Int { 0 }
    func read(rows: [Int], into bytes: UnsafeMutableRawBufferPointer) {
      let length = shape.elementCount / shape[0]
      for (number, row) in rows.enumerated() {
        for place in 0..<length {
          bytes[number * length + place] = UInt8(row * length + place)
        }
      }
    }
  }

  /// The same rows in the same order on any number of ranks, from any placement; each rank holds
  /// its part.
  @Test(arguments: [1, 2, 3, 5]) func batchesOfTensorsAndFiles(ranks: Int) throws {
    for placement in [.replicated, .sharded(axis: 0), .sharded(axis: 1)] as [Placement] {
      _ = try onLoopbackRanks(ranks) { _ in
        let x = Tensor<Double>.arange(22).reshaped(11, 2).redistributed(to: placement)
        let y = Tensor<Int32>.arange(11, sharding: .sharded(axis: 0))
        let batches = try Batches(
          of: 4, x, y, StoredRows<Float>(Bytes(shape: [11, 3, 1]), scaledBy: 0.5),
          shuffledBy: Key(3))
        let order = Tensor<Int64>.permutation(11, key: Key(3)).scalars.map(Int.init)
        #expect(batches.count == 3)
        var seen: [Int] = []
        for (x, y, z) in batches {
          #expect(x.shape == [seen.isEmpty ? 3 : 4, 2])
          let rows = Array(order[seen.count..<seen.count + x.shape[0]])
          let pairs: [Double] = rows.flatMap { row in [2.0 * Double(row), 2.0 * Double(row) + 1] }
          #expect(x.scalars == pairs)
          #expect(y.scalars == rows.map { Int32($0) })
          #expect(z.shape == [x.shape[0], 3, 1])
          let halves: [Float] = rows.flatMap { row in [0, 1, 2].map { 0.5 * Float(3 * row + $0) } }
          #expect(z.scalars == halves)
          for sharding in [x.sharding, y.sharding, z.sharding] where ranks > 1 {
            #expect(sharding.cut(of: 0)?.points.isEven == true)
          }
          seen += rows
        }
        #expect(seen == order)
      }
    }
  }

  @Test func orders() throws {
    let x = Tensor<Float>.arange(4)
    #expect(try Batches(of: 3, x).map(\.scalars) == [[0], [1, 2, 3]])
    #expect(try Batches(of: 2, x, order: [3, 1, 3]).map(\.scalars) == [[3], [1, 3]])
    #expect(try Batches(of: .max, x, order: [2]).map(\.scalars) == [[2]])
    #expect(try Batches(of: 1, x, order: []).map(\.scalars) == [])
    #expect(try Batches(of: 1, Tensor<Float>.zeros([0, 2])).count == 0)
  }

  @Test func refusals() throws {
    let x = Tensor<Float>.arange(4)
    func message(_ make: () throws -> Void) -> String? {
      do { try make() } catch { return "\(error)" }
      return nil
    }
    #expect(
      message { _ = try Batches(of: 2, x, Tensor<Float>.zeros([3, 4])) }
        == "Batches: given sources of shapes [[4], [3, 4]]; expected at least one, and equally "
        + "many rows in each")
    #expect(
      message { _ = try Batches(of: 0, x) }
        == "Batches: given batches of 0 rows; expected at least one row")
    #expect(
      message { _ = try Batches(of: 1, x, order: [1, 4]) }
        == "Batches: given row 4 of 4; expected rows in 0..<4")
    #expect(message { _ = try Batches(of: 1, Tensor<Float>(3)) } != nil)
    #expect(message { _ = try x.batch(of: [-1]) } != nil)
    #expect(message { _ = try StoredRows<Float>(Bytes(shape: [2])).batch(of: [2]) } != nil)
  }
}
