import Execution
import MessagePassing
import Tessera
import Testing

/// A cap on memory that the user sets: what is told, and what still fits.
@Suite struct MemoryCapTests {
  private static let mebibyte = 1 << 20

  private func onOneRank<R>(cap: Int?, _ body: () throws -> R) rethrows -> R {
    let runtime = Runtime(loopback: Communicator.loopback(1)[0], memoryLimit: cap)
    return try runtime.makeCurrent(body)
  }

  @Test func throwingFormsTellWhoHoldsWhat() {
    onOneRank(cap: 22 * Self.mebibyte) {
      let x = Tensor<Float>.ones([1024, 1024])
      let others = (0..<2).map { _ in Tensor<Double>.zeros([512, 1024]) }
      let y = x + x
      _ = y.storageIdentifier
      let before = Memory.statistics
      let error = #expect(throws: TensorError.self) {
        try Operation.concatenate(axis: 0).apply(to: [x, y])
      }
      #expect(error?.operation == "allocate for concatenate")
      #expect(
        error?.given == """
          8388608 bytes (8 MiB) for [2048, 1024] Float while 16777216 bytes (16 MiB) are in use:
            8 MiB in 2 of [512, 1024] Double by zeros
            4 MiB in 1 of [1024, 1024] Float by ones
            4 MiB in 1 of [1024, 1024] Float by add
          """)
      #expect(error?.expected.hasPrefix("at most 23068672 bytes (22 MiB) together") == true)
      #expect(Memory.statistics == before)
      // It has done no harm.
      #expect((x + x == y) as Bool)
      withExtendedLifetime(others) {}
    }
  }

  @Test func namesAreThoseOfOperations() {
    onOneRank(cap: nil) {
      let x = Tensor<Float>.rand([512, 512], key: Key(1))
      let elements = [Float](repeating: 0, count: 1 << 17)
      elements.withUnsafeBufferPointer { buffer in
        let shared = Tensor(sharing: buffer, shape: [1 << 17])
        let results = [exp(x), matmul(x, x), x.cumulativeSum(axis: 0), x.transposed()]
        for result in results { _ = result.storageIdentifier }
        let names = Memory.holders.map { $0.purpose.operation ?? "none" }
        // The exponential and the product wait until they are asked for; a view has no storage of
        // its own.
        #expect(names == ["rand", "cumulativeSum", "exp", "matmul", "none"])
        #expect(Memory.holders.map(\.isShared) == [false, false, false, false, true])
        withExtendedLifetime((shared, results)) {}
      }
      #expect(Memory.holders.map(\.count) == [1])
    }
  }

  @Test func whatFitsWithoutTheCacheFits() {
    func program() -> Float {
      var sum: Float = 0
      for count in [3, 5, 2, 7, 4, 6] {
        let x = Tensor<Float>.ones([count, Self.mebibyte / 4])
        sum += (x * 2).sum().item()
      }
      return sum
    }
    let free = onOneRank(cap: nil) { (program(), Memory.statistics) }
    let cap = free.1.peak + Self.mebibyte
    #expect(free.1.reserved > cap)
    let capped = onOneRank(cap: cap) { (program(), Memory.statistics) }
    #expect(capped.0 == free.0)
    #expect(capped.1.peak == free.1.peak)
    #expect(capped.1.allocations == free.1.allocations)
    #expect(capped.1.reserved <= cap)
  }

  @Test func theCapCanBeSet() {
    onOneRank(cap: nil) {
      #expect(Memory.cap == nil)
      Memory.cap = 2 * Self.mebibyte
      #expect(Memory.cap == 2 * Self.mebibyte)
      let x = Tensor<UInt8>.zeros([Self.mebibyte])
      #expect(throws: TensorError.self) {
        try Operation.concatenate(axis: 0).apply(to: [x, x, x])
      }
      Memory.cap = nil
      #expect(throws: Never.self) { try Operation.concatenate(axis: 0).apply(to: [x, x, x]) }
    }
  }

  @Test func operatorsEndTheProcessWithTheMessage() async {
    let ended = await #expect(
      processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
    ) {
      Memory.cap = 4 << 20
      let x = Tensor<Float>.zeros([1 << 19])
      print(matmul(x.reshaped(1 << 10, 512), x.reshaped(512, 1 << 10)).storageIdentifier)
    }
    let message = String(decoding: ended?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      message.hasPrefix(
        """
        tessera: allocate for matmul: given 4194304 bytes (4 MiB) for [1024, 1024] Float \
        while 2097152 bytes (2 MiB) are in use:
          2 MiB in 1 of [524288] Float by zeros; expected at most 4194304 bytes (4 MiB) together
        """), "\(message)")
    let negative = await #expect(
      processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
    ) { Memory.cap = -1 }
    let refusal = String(decoding: negative?.standardErrorContent ?? [], as: UTF8.self)
    #expect(refusal.contains("tessera: Memory.cap (on rank 0): given -1 bytes"), "\(refusal)")
  }
}
