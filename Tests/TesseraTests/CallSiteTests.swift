import Foundation
import Shapes
import Tessera
import TestSupport
import Testing

/// The line of a program in what an error tells of itself. Messages of whole programs: Tests/FailureTests/places.
@Suite struct CallSiteTests {
  private func failing(_ line: inout Int) -> TensorError? {
    let x = Tensor<Float>.ones([2, 3])
    do throws(TensorError) {
      line = #line + 1
      _ = try Operation.matmul.apply(to: [x, x])
      return nil
    } catch {
      return error
    }
  }

  @Test func anErrorTellsItsLine() throws {
    try onOneRank { _ in
      var line = 0
      let error = try #require(failing(&line))
      // With all the time that it takes beside other tests.
      let site = try #require(error.callSite(within: 60)).description
      let expected = "Tests/TesseraTests/CallSiteTests.swift:\(line)"
      #expect(site.hasPrefix("at ") && site.hasSuffix(expected), "\(site), expected \(expected)")
      #expect(!site.hasSuffix("CallSiteTests.swift:\(line + 1)"))
      #expect(error.debugDescription.hasPrefix(error.description + ", "))
      #expect(!error.description.contains("swift:"))
    }
  }

  @Test func errorsOfDifferentPlacesAreEqual() {
    let one = TensorError("add", given: "a", expected: "b")
    let other = TensorError("add", given: "a", expected: "b")
    let elsewhere = TensorError("add", given: "a", expected: "b", rank: 1)
    #expect(one == other && one.hashValue == other.hashValue)
    #expect(one != elsewhere && one != TensorError("add", given: "a", expected: "c"))
    #expect(one != TensorError("sum", given: "a", expected: "b"))
    #expect(one != TensorError("add", given: "b", expected: "b"))
  }

  /// What traps while tables are read stops the search and not the process; the fault of another thread is one.
  @Test func aFaultInTheSearchEndsNothing() async {
    await #expect(processExitsWith: .success) {
      guard let faults = SearchFaults(waiting: 0) else { exit(2) }
      Thread.detachNewThread {
        faults.join()
        raise(SIGSEGV)
        exit(3)
      }
      usleep(300_000)
      // The thread is stopped, so that another search has to do without.
      exit(SearchFaults(waiting: 0.1) == nil ? 0 : 4)
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let faults = SearchFaults(waiting: 0)
      raise(SIGSEGV)
      raise(SIGSEGV)
      faults?.end()
    }
    await #expect(processExitsWith: .success) {
      for _ in 0..<2 {
        guard let faults = SearchFaults(waiting: 0) else { exit(2) }
        faults.join()
        faults.end()
      }
    }
  }
}
