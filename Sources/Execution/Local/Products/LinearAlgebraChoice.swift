/// Which library of matrix products is asked for, by `TESSERA_BLAS`.
package enum LinearAlgebraChoice: Equatable, Sendable {
  /// The first of a maker's that is found.
  case maker(LinearAlgebraMaker)
  /// A shared library of one of them, by its path.
  case path(String)

  package static let variable = "TESSERA_BLAS"
  package static let expected =
    "one of \(LinearAlgebraMaker.allCases.map(\.rawValue).joined(separator: ", ")), or the path of "
    + "a shared library, with a slash"

  /// Nil for what is neither.
  package init?(_ text: String) {
    if text.contains("/") {
      self = .path(text)
    } else if let maker = LinearAlgebraMaker(rawValue: text.lowercased()) {
      self = .maker(maker)
    } else {
      return nil
    }
  }

  /// What gives the same choice again.
  package var text: String {
    switch self {
    case .maker(let maker): maker.rawValue
    case .path(let path): path
    }
  }

  /// What the loader is asked for, in this order.
  var files: [String] {
    switch self {
    case .maker(let maker): maker.files
    case .path(let path): [path]
    }
  }
}
