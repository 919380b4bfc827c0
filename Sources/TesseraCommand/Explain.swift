import ArgumentParser
import Foundation
import Tessera

/// `tessera explain`: what one operation would exchange, on any number of ranks.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prices one operation on any number of ranks, without running it.",
    discussion: """
      tessera explain matmul --shapes 1000x784,784x10 --shardings 0,replicated --ranks 4

      Shows the steps of the plan, and the bytes that ranks receive from others. Nothing is computed: no rank has to be \
      there.

      OPERATION is one of: \(NamedOperation.names.joined(separator: ", ")); a function of one value: \
      \(UnaryFunction.allCases.map(\.name).joined(separator: ", ")); of two values: \
      \(BinaryFunction.allCases.map(\.name).joined(separator: ", ")); of three: \
      \(TernaryFunction.allCases.map(\.name).joined(separator: ", ")); or a comparison: \
      \(Comparison.allCases.map(\.name).joined(separator: ", ")).
      """)

  @Argument(help: "What is priced, by the name that tensors have for it.")
  var operation: String

  @Option(help: "One shape an operand, such as 1000x784,784x10; scalar for a single value.")
  var shapes: String

  @Option(
    help: """
      One sharding an operand: the number of an axis that is sharded, replicated, or partial for a sum of which each \
      rank holds a term. Operands without one are replicated.
      """)
  var shardings: String?

  @Option(help: "The number of ranks.")
  var ranks = 4

  @Option(
    help: """
      One scalar type an operand, such as Double, or one for all. Float unless given; Booleans for masks and Int64 for \
      positions.
      """)
  var types: String?

  @Option(help: "Axes, such as 0,2; all of them unless given, where that makes sense.")
  var axes: String?

  @Option(help: "One axis.")
  var axis: Int?

  @Flag(help: "Keep reduced axes with extent 1.")
  var keepingAxes = false

  @Option(help: "The number that takes the place of a second operand.")
  var number: Double?

  @Option(help: "The shape, sharding or scalar type that an operation leads to.")
  var to: String?

  @Flag(help: "One line of JSON instead of text.")
  var json = false

  func run() throws {
    let plan = try self.plan()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      Tessera.print(String(decoding: try encoder.encode(Price(of: plan)), as: UTF8.self))
    } else {
      Tessera.print(plan)
      Tessera.print(Price(of: plan).text)
    }
  }

  private func plan() throws -> Plan {
    guard (1...CutPoints.mostParts).contains(ranks) else {
      throw ValidationError("--ranks \(ranks): expected 1 to \(CutPoints.mostParts)")
    }
    let operands = try self.operands()
    var options = NamedOperation.Options()
    options.axes = try axis.map { [$0] } ?? axes.map { try Self.numbers($0, for: "--axes") }
    options.keepingAxes = keepingAxes
    options.number = number
    if let to {
      options.type = ScalarType.allCases.first { "\($0)" == to }
      switch operation {
      case "redistributed": options.sharding = try Self.placement(to)
      case "reshaped", "expanded": options.shape = try Self.shape(to)
      default: break
      }
    }
    return try NamedOperation(operation, options, of: operands).operation.plan(operands)
  }

  private func operands() throws -> [TensorDescription] {
    let shapes = try Self.parts(self.shapes).map(Self.shape)
    let placements = try shardings.map { try Self.parts($0).map(Self.placement) } ?? []
    guard placements.count <= shapes.count else {
      throw ValidationError("--shardings: \(placements.count) of them for \(shapes.count) shapes")
    }
    let types = try self.types.map { try Self.parts($0).map(Self.type) } ?? []
    guard types.count <= 1 || types.count == shapes.count else {
      throw ValidationError("--types: \(types.count) of them for \(shapes.count) shapes")
    }
    let mesh = Mesh.world(ranks: ranks)
    return try shapes.enumerated().map { index, shape in
      let type = types.count > 1 ? types[index] : usualType(of: index) ?? types.first ?? .float32
      return TensorDescription(
        shape: shape, scalarType: type,
        sharding: try Sharding(
          index < placements.count ? placements[index] : .replicated, of: shape, on: mesh,
          for: operation))
    }
  }

  /// The type that an operation asks of an operand, whatever the others are.
  private func usualType(of operand: Int) -> ScalarType? {
    switch (operation, operand) {
    case ("select", 0): .bool
    case ("taking", 1), ("gathered", 1), ("scattering", 1), ("scatteringSum", 1),
      ("scatteringProduct", 1), ("scatteringMinimum", 1), ("scatteringMaximum", 1):
      .int64
    default: nil
    }
  }

  private static func parts(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  private static func numbers(_ text: String, for option: String) throws -> [Int] {
    try parts(text).map { part in
      guard let number = Int(part) else {
        throw ValidationError("\(option) \(text): expected numbers such as 0,2")
      }
      return number
    }
  }

  private static func shape(_ text: String) throws -> Shape {
    if text == "scalar" { return [] }
    let extents = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard extents.allSatisfy({ $0 != nil }) else {
      throw ValidationError("the shape '\(text)': expected extents such as 1000x784, or scalar")
    }
    return try Shape(extents.map { $0! }).validated(for: "explain")
  }

  private static func placement(_ text: String) throws -> Placement {
    if let axis = Int(text) { return .sharded(axis: axis) }
    switch text {
    case "replicated": return .replicated
    case "partial": return .partial(.sum)
    default:
      throw ValidationError(
        "the sharding '\(text)': expected the number of an axis, replicated or partial")
    }
  }

  private static func type(_ text: String) throws -> ScalarType {
    guard let type = ScalarType.allCases.first(where: { "\($0)" == text }) else {
      throw ValidationError(
        "the scalar type '\(text)': expected one of "
          + ScalarType.allCases.map { "\($0)" }.joined(separator: ", "))
    }
    return type
  }
}

/// What a plan costs, as `tessera explain` shows it.
struct Price: Encodable {
  let operation: String
  let operands: [String]
  let result: String
  let ranks: Int
  /// Bytes that the first rank receives from others.
  let bytesOfFirstRank: Int
  /// The rank that receives the most, the first of several.
  let fullestRank: Int
  let bytesOfFullestRank: Int
  let bytesMoved: Int
  let steps: [String]

  init(of plan: Plan) {
    operation = plan.operation
    operands = plan.operands.map(\.description)
    result = plan.result.description
    ranks = plan.result.sharding.count
    bytesOfFirstRank = plan.bytesReceived(by: 0)
    // One after the other, as there may be millions of them.
    var (fullest, most, sum) = (0, bytesOfFirstRank, bytesOfFirstRank)
    for rank in 1..<ranks {
      let bytes = plan.bytesReceived(by: rank)
      sum = sum.clampedPlus(bytes)
      if bytes > most { (fullest, most) = (rank, bytes) }
    }
    (fullestRank, bytesOfFullestRank, bytesMoved) = (fullest, most, sum)
    steps = plan.stepDescriptions
  }

  var text: String {
    "  rank 0 receives \(bytesOfFirstRank) bytes, rank \(fullestRank) the most: \(bytesOfFullestRank)"
  }
}
