import Execution
import Testing

@Suite struct InstructionSetTests {
  @Test func theWidestOfAllIsUsed() {
    let (new, old) = (["AVX-512", "AVX2", "SSE2"], ["AVX2", "SSE2"])
    #expect(Runtime.widestCommon([new, new]) == "AVX-512")
    #expect(Runtime.widestCommon([new, old]) == "AVX2")
    #expect(Runtime.widestCommon([old, new, ["SSE2"]]) == "SSE2")
    #expect(Runtime.widestCommon([new, ["NEON"]]) == nil)
  }
}
