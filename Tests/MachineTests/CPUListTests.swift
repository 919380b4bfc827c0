import Machine
import Testing

struct CPUListTests {
  @Test(arguments: [
    ("", []), ("\n", []), ("3\n", [3]),
    ("0-3\n", [0, 1, 2, 3]), ("8,0-1,10-11", [0, 1, 8, 10, 11]),
    ("1,1-2", [1, 2]), ("x,2,4-3,-1,5-", [2]),
  ])
  func parsesTheKernelsNotation(text: String, numbers: [Int]) {
    #expect(CPUList.parse(text) == numbers)
  }
}
