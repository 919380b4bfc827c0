import Foundation
import Shapes
import Tessera
import TestSupport
import Testing

/// The line of a program in what an error tells of itself. Messages of whole programs:
/// Tests/FailureTests/places.
@Suite struct CallSiteTests {
  // Not made part of what a macro writes, which has lines of its own.
  @inline(never) fileprivate static func failing(_ line: inout Int) -> TensorError? {
    let x = Tensor<Float>.ones([2, 3])
    do throws(TensorError) {
      line = #line + 1
      _ = try Operation.matmul.apply(to: [x, x])
      return nil
    } catch {
      return error
    }
  }

  /// In a process of its own: the search reads what is mapped, and other tests map and unmap
  /// meanwhile.
  @Test func anErrorTellsItsLine() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      var line = 0
      guard let error = CallSiteTests.failing(&line) else { exit(2) }
      let site = error.callSite(within: 60)?.description ?? "nowhere"
      Swift.print("expected \(line)\n\(site)\n\(error.description)\n\(error.debugDescription)")
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    let texts = output.split(separator: "\n").drop { !$0.hasPrefix("expected ") }.map(String.init)
    try #require(texts.count == 4, "\(output)")
    let line = Int(texts[0].dropFirst("expected ".count)) ?? 0
    let expected = "Tests/TesseraTests/CallSiteTests.swift:\(line)"
    #expect(line > 0 && texts[1].hasPrefix("at ") && texts[1].hasSuffix(expected), "\(output)")
    #expect(!texts[1].hasSuffix("CallSiteTests.swift:\(line + 1)"))
    #expect(!texts[2].contains("swift:") && texts[3].hasPrefix(texts[2] + ", "), "\(output)")
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

  /// What traps while tables are read stops the search and not the process; the fault of another
  /// thread is one.
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
