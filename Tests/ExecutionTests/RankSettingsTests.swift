import Execution
import Shapes
import Testing

@Suite struct RankSettingsTests {
  private func settings(_ variables: [String: String]) -> Result<RankSettings, TensorError> {
    Result { () throws(TensorError) in try RankSettings { variables[$0] } }
  }

  @Test func variablesAreRead() throws {
    let none = try settings(["TESSERA_WORKERS": "", "TESSERA_MEMORY_CAP": ""]).get()
    #expect(none.workers == nil)
    #expect(none.memoryCap == nil)
    let both = try settings(["TESSERA_WORKERS": "3", "TESSERA_MEMORY_CAP": "4GiB"]).get()
    #expect(both.workers == 3)
    #expect(both.memoryCap == 4 << 30)
    let narrowest = try #require(Runtime.instructionSets.last)
    let narrow = try settings(["TESSERA_INSTRUCTION_SET": narrowest.lowercased()]).get()
    #expect(narrow.instructionSet == narrowest && none.instructionSet == nil)
    let named = try settings(["TESSERA_BLAS": "MKL"]).get()
    #expect(named.linearAlgebra == .maker(.mkl) && none.linearAlgebra == nil)
  }

  @Test(arguments: [
    ("TESSERA_WORKERS", "0", "a number of workers in 1...200"),
    ("TESSERA_MEMORY_CAP", "much", "a number of bytes above 0"),
    ("TESSERA_INSTRUCTION_SET", "MMX", "one of "),
    ("TESSERA_BLAS", "atlas", "one of openblas, mkl, blis, or the path of a shared library"),
    ("TESSERA_MEMORY_CAP", "-4GiB", "such as 4GiB or 500MB"),
  ])
  func malformedOnesAreErrors(variable: String, text: String, expected: String) {
    guard case .failure(let error) = settings([variable: text]) else {
      Issue.record("\(variable)=\(text) is taken")
      return
    }
    #expect(error.operation == "start")
    #expect(error.given == "\(variable)=\(text)")
    #expect(error.expected.contains(expected))
  }
}
