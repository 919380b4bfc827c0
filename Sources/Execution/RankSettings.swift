import Machine
import MessagePassing
import Shapes

/// What the environment asks of one rank; it may ask something else of others.
package struct RankSettings: Equatable, Sendable {
  /// `TESSERA_WORKERS`: how many workers the rank has.
  package var workers: Int?
  /// `TESSERA_MEMORY_CAP`: the most bytes that its tensors may take.
  package var memoryCap: Int?

  /// `TESSERA_INSTRUCTION_SET`: the widest that kernels and products use, one of those that this
  /// CPU has.
  package var instructionSet: String?

  /// `TESSERA_BLAS`: the library of matrix products; that of rank 0 holds for all.
  package var linearAlgebra: LinearAlgebraChoice?

  /// `TESSERA_DRY_RUN`: the rank, of ranks that are not there, as which the process only counts.
  package var dryRank: DryRank?

  package static let memoryCapVariable = "TESSERA_MEMORY_CAP"

  /// An empty variable is none.
  package init(
    variable: (String) -> String? = Launcher.environment
  ) throws(TensorError) {
    workers = try Self.parse("TESSERA_WORKERS", variable, "a number of workers in 1...200") {
      Int($0).flatMap { (1...200).contains($0) ? $0 : nil }
    }
    memoryCap = try Self.parse(
      Self.memoryCapVariable, variable, ByteCount.expected, ByteCount.parse)
    let sets = Runtime.instructionSets
    instructionSet = try Self.parse(
      "TESSERA_INSTRUCTION_SET", variable, "one of \(sets.joined(separator: ", "))"
    ) { text in sets.first { $0.lowercased() == text.lowercased() } }
    linearAlgebra = try Self.parse(
      LinearAlgebraChoice.variable, variable, LinearAlgebraChoice.expected,
      LinearAlgebraChoice.init)
    dryRank = try Self.parse(
      DryProcess.variable, variable, DryProcess.expected, DryProcess.parse)
  }

  private static func parse<Value>(
    _ name: String, _ variable: (String) -> String?, _ expected: String,
    _ parse: (String) -> Value?
  ) throws(TensorError) -> Value? {
    guard let text = variable(name), !text.isEmpty else { return nil }
    guard let value = parse(text) else {
      throw TensorError("start", given: "\(name)=\(text)", expected: expected)
    }
    return value
  }
}
