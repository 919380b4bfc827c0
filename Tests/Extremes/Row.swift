import Foundation
import Tessera

/// Calls of one public declaration, each with arguments at the ends of what types and shapes hold.
///
/// Its name is the declaration's as ExtremeArgumentTests in Tests/StructureTests has it: a
/// declaration without a row fails that test.
struct Row: Sendable {
  let name: String
  let calls: [Call]
}

/// One call, which has to return or to end with one message, soon and in little memory.
struct Call: Sendable {
  let arguments: String
  let make: @Sendable () throws -> Void
}

/// A row that makes one call for each of some arguments.
func row<Argument: Sendable>(
  _ name: String, _ arguments: [Argument], _ make: @escaping @Sendable (Argument) throws -> Void
) -> Row {
  Row(
    name: name,
    calls: arguments.map { argument in
      Call(arguments: String("\(argument)".prefix(120))) { try make(argument) }
    })
}

/// A row of one call, of what takes no argument but a closure or a value that its type bounds.
func row(_ name: String, _ make: @escaping @Sendable () throws -> Void) -> Row {
  Row(name: name, calls: [Call(arguments: "") { try make() }])
}

/// Looks at a result as a program would: all of it where it is small.
func use<S: TensorScalar>(_ tensor: Tensor<S>) {
  _ = tensor.sharding.description
  if tensor.evaluated().elementCount <= 10_000 {
    _ = tensor.scalars
    _ = tensor.description
  }
}

func use(_ shape: Shape) {
  _ = (shape.description, shape.elementCount, shape.rowMajorStrides)
}

/// Arguments at the ends.
enum Extreme {
  static let integers: [Int] = [
    .min, .min + 1, -1 << 50, -34, -2, -1, 0, 1, 2, 33, 1 << 31, 1 << 50, .max - 1, .max,
  ]
  static let fewIntegers: [Int] = [.min, -1, 0, 7, 1 << 50, .max]

  static let shapes: [Shape] = [
    [], [0], [1], [3, 4], [1 << 50, 0], [0, 1 << 50], [.max, 0, 2], [.max, .max, 0], [1 << 50],
    [.max], [.max, 2], [1 << 40, 1 << 40], [-1], [-1, 0], [.min], [.min, .min, 0],
    Shape(repeatElement(1, count: 33)), Shape(repeatElement(2, count: 64)),
    Shape(repeatElement(1, count: 5000)),
  ]

  static let axisLists: [[Int]] = [
    [], [0], [-1], [1, 0], [0, 0], [0, -2], [5], [.min], [.max], [.min, .max],
    Array(repeating: 0, count: 1000), Array(0..<1000),
  ]

  static let numbers: [Float] = [
    .nan, .infinity, -.infinity, 0, -0.0, 1, -1, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    -.greatestFiniteMagnitude,
  ]

  static let doubles: [Double] = [
    .nan, .infinity, -.infinity, 0, -0.0, 1, -1, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
  ]

  static let placements: [Placement] = [
    .replicated, .partial(.sum), .partial(.max), .sharded(axis: 0), .sharded(axis: -1),
    .sharded(axis: 33), .sharded(axis: .min), .sharded(axis: .max),
  ]

  /// What a tensor may be that an operation gets.
  struct Operand: Sendable, CustomStringConvertible {
    let description: String
    let make: @Sendable () -> Tensor<Float>
  }

  static let operands: [Operand] = [
    Operand(description: "a value") { Tensor<Float>(.nan) },
    Operand(description: "nothing") { Tensor<Float>.zeros([0]) },
    Operand(description: "[0, 3]") { Tensor<Float>.zeros([0, 3]) },
    Operand(description: "[1 << 50, 0]") { Tensor<Float>.zeros([1 << 50, 0]) },
    Operand(description: "[3, 4]") { Tensor<Float>.ones([3, 4], sharding: .sharded(axis: 0)) },
    Operand(description: "ends") { Tensor<Float>(numbers) },
    Operand(description: "33 axes") {
      Tensor<Float>.ones(Shape(repeatElement(1, count: 33)))
    },
    Operand(description: "64 axes of 2, one empty") {
      Tensor<Float>.zeros([0] + Shape(repeatElement(2, count: 64)))
    },
  ]

  /// Two of them, and one that is far too large to be stored beside itself with other axes.
  struct Pair: Sendable, CustomStringConvertible {
    let description: String
    let make: @Sendable () -> (Tensor<Float>, Tensor<Float>)
  }

  static let pairs: [Pair] =
    operands.flatMap { a in
      operands.filter { $0.description != a.description }.prefix(3).map { b in
        Pair(description: "\(a), \(b)") { (a.make(), b.make()) }
      }
    } + operands.map { a in Pair(description: "\(a) twice") { (a.make(), a.make()) } } + [hugePair]

  static let fewPairs: [Pair] = [
    Pair(description: "[3, 4], ends") { (operands[4].make(), operands[5].make()) },
    Pair(description: "nothing, 33 axes") { (operands[1].make(), operands[6].make()) },
    hugePair,
  ]

  static let hugePair = Pair(description: "1 << 40 by 1 << 40") {
    (huge([1 << 40, 1]), huge([1, 1 << 40]))
  }

  /// A view that has one element.
  static func huge(_ shape: Shape) -> Tensor<Float> {
    Tensor<Float>.ones([1]).expanded(to: shape)
  }
}

/// What most rows start from.
var matrix: Tensor<Float> { Tensor<Float>.arange(12).reshaped(3, 4) }
var integerMatrix: Tensor<Int32> { Tensor<Int32>.arange(12).reshaped(3, 4) }
var maskMatrix: Tensor<Bool> { matrix .> 5 }

extension Row {
  /// What must be found: a trap, a hang, too much memory, silence, another status, two messages.
  /// Made when asked for by the name `control`.
  static let controls: [Row] = [
    Row(
      name: "control",
      calls: [
        Call(arguments: "a trap") { _ = [0, 1][Int(CommandLine.argc) + 5] },
        Call(arguments: "a hang") { while true { sleep(1) } },
        Call(arguments: "memory") { _ = [UInt8](repeating: 1, count: 6 << 30).count },
        Call(arguments: "silence") { exit(1) },
        Call(arguments: "a status") { exit(0) },
        Call(arguments: "two messages") {
          FileHandle.standardError.write(Data("tessera: a\ntessera: b\n".utf8))
          exit(1)
        },
        Call(arguments: "another error") { throw CocoaError(.fileNoSuchFile) },
      ])
  ]
}
