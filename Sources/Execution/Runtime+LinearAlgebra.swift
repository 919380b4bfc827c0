import MessagePassing
import Shapes

extension Runtime {
  /// What matrix products are computed with, or why there is nothing.
  public static var linearAlgebra: String {
    switch LinearAlgebraLibrary.shared {
    case .success(let library): library.configuration
    case .failure(let error): error.description
    }
  }

  /// All ranks of a job multiply with the same library and kernels, so that they give the same
  /// bits.
  ///
  /// Collective. What rank 0 is asked for holds for all.
  static func agreeOnLinearAlgebra(
    _ communicator: Communicator, _ own: LinearAlgebraChoice?
  ) throws(TensorError) {
    var choice = own
    if communicator.size > 1 {
      let texts = try communicator.allGather(
        control: Array((own?.text ?? "").utf8), as: CollectiveLabel("start"))
      choice = LinearAlgebraChoice(String(decoding: texts[0], as: UTF8.self))
    }
    LinearAlgebraLibrary.choose(choice)
    // Where nothing is asked for, ranks of one machine find the same; many programs need none.
    if choice == nil, communicator.nodes.count == 1 { return }
    let library = LinearAlgebraLibrary.shared
    if choice != nil { _ = try communicator.agree(library, as: CollectiveLabel("start")) }
    if communicator.size == 1 { return }
    let configuration = (try? library.get())?.configuration ?? ""
    let all = try communicator.allGather(
      control: Array(configuration.utf8), as: CollectiveLabel("start"))
    if let error = difference(among: all.map { String(decoding: $0, as: UTF8.self) }) {
      throw error
    }
  }

  /// The error where ranks multiply with different libraries or kernels; a rank that has none, of
  /// which its first product tells, is passed over.
  package static func difference(among configurations: [String]) -> TensorError? {
    guard let first = configurations.firstIndex(where: { !$0.isEmpty }),
      let other = configurations.firstIndex(where: { !$0.isEmpty && $0 != configurations[first] })
    else { return nil }
    return TensorError(
      "start",
      given: """
        matrix products by \(configurations[first]) on rank \(first), by \(configurations[other]) on \
        rank \(other)
        """,
      expected: """
        the same library and kernels on all ranks, for the same bits; \
        \(LinearAlgebraChoice.variable) names a library, and its own variable, such as \
        OPENBLAS_CORETYPE, the kernels
        """)
  }
}
