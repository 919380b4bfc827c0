import Execution
import Tessera
import TestSupport
import Testing

/// Numbers and blocks are no part of what a program is, so that whoever keeps something for a
/// program finds it again.
@Suite struct ProgramIdentityTests {
  private typealias Make = (Tensor<Float>, Tensor<Float>) -> Tensor<Float>

  private func elements(_ make: Make, _ shape: Shape = [8]) throws -> Elements {
    try make(Tensor.full(shape, 4), Tensor.full(shape, 3)).body.elements
  }

  @Test func chainsThatWaited() throws {
    try onOneRank(deferringFrom: 0) { _ in
      let first = try elements { ($0 * 2 + 1 - $1).sqrt() }
      #expect(first.constants.map(\.number) == [2, 1] && first.blocks.count == 2)
      // Numbers that happen to be the same are still two.
      let alike = [
        try elements { ($0 * 5 + 7 - $1).sqrt() }, try elements { ($0 * 3 + 3 - $1).sqrt() },
        try elements({ ($0 * 2 + 1 - $1).sqrt() }, [3, 5]),
      ]
      for other in alike {
        #expect(other.program == first.program)
        #expect(other.program.hashValue == first.program.hashValue)
      }
      let others = [
        try elements { a, _ in (a * 2 + 1 - a).sqrt() }, try elements { (2 * $0 + 1 - $1).sqrt() },
        try elements { ($0 * 2 - 1 - $1).sqrt() }, try elements { ($0 * 2 + $1 - $1).sqrt() },
        try elements { ($0 * 2 + 1 - $1).exp() }, try elements { $0 * 2 + 1 - $1 },
      ]
      for other in others { #expect(other.program != first.program) }
    }
  }

  @Test func eachEvaluationHasItsOwnNumbers() {
    onOneRank(deferringFrom: 0) { _ in
      for (factor, term) in [(2, 1), (5, 7), (3, 3)] as [(Float, Float)] {
        let y = Tensor<Float>.full([8], 4) * factor + term
        #expect(y.scalars == [Float](repeating: 4 * factor + term, count: 8))
        #expect((Tensor<Float>.full([8], 4) * factor + term).sum().item() == 8 * y[0].item())
      }
    }
  }
}
