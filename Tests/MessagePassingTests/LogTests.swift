import InMemoryLogging
import Logging
import MessagePassing
import Shapes
import Testing

/// What communicators tell whoever looks for a fault.
@Suite struct LogTests {
  @Test(
    arguments: [
      (nil, .warning), ("trace", .trace), ("debug", .debug), ("info", .info), ("notice", .notice),
      ("warning", .warning), ("error", .error), ("critical", .critical), ("Info", .info),
    ] as [(String?, Logger.Level)])
  func level(text: String?, level: Logger.Level) throws {
    #expect(try Log.parse(text) == level)
  }

  @Test(arguments: ["loud", "3", "info ", "trace,debug"])
  func malformedLevel(text: String) {
    let failure = error { _ = try Log.parse(text) }
    #expect(failure?.operation == "TESSERA_LOG")
    #expect(failure?.given == "\"\(text)\"")
    #expect(failure?.expected.contains("trace, debug, info") == true)
  }

  /// The messages of two ranks that do the same, at a level.
  private static func messages(
    at level: Logger.Level, _ body: @escaping @Sendable (Communicator) throws -> Void
  ) throws -> [InMemoryLogHandler.Entry] {
    let handler = InMemoryLogHandler()
    var logger = Logger(label: "test", factory: { _ in handler })
    logger.logLevel = level
    _ = try Communicator.onLoopbackRanks(2, logger: logger, body)
    return handler.entries
  }

  @Test func everyCollectiveWithItsNumberAndLabel() throws {
    let entries = try Self.messages(at: .trace) { communicator in
      try communicator.barrier(as: barrierLabel)
      _ = try communicator.allGather(control: [1], as: CollectiveLabel("texts", 7))
    }
    for rank in 0..<2 {
      let own = entries.filter { $0.metadata["rank"] == "\(rank)" }
      let texts = own.map { "\($0.message)" }
      #expect(own.allSatisfy { $0.level == .trace })
      #expect(texts.count == 4)
      #expect(texts.first == "collective 1 begins: barrier, barrier")
      #expect(texts.dropFirst().first?.hasPrefix("collective 1 ends: barrier, ") == true)
      #expect(texts.contains("collective 2 begins: texts [7], all-gather of control data"))
    }
    #expect(entries.count == 8)
  }

  @Test(arguments: [Logger.Level.debug, .info, .warning])
  func nothingOfCollectivesAtOtherLevels(level: Logger.Level) throws {
    let entries = try Self.messages(at: level) { try $0.barrier(as: barrierLabel) }
    #expect(entries.isEmpty)
  }

  @Test func theEndAndWhatWasMoved() throws {
    let entries = try Self.messages(at: .debug) { communicator in
      let bytes = storage(message(10, from: communicator.rank, to: 0))
      try communicator.broadcast(bytes, from: 0, as: CollectiveLabel("broadcast"))
      try communicator.finish()
    }
    let texts = Set(entries.map { "\($0.metadata["rank"]!): \($0.message)" })
    #expect(
      texts == [
        "0: end of program: sent 10 bytes in 1 messages, received 0 bytes, in 1 collectives",
        "1: end of program: sent 0 bytes in 0 messages, received 10 bytes, in 1 collectives",
      ])
  }

  @Test func aFailureOnEveryRank() throws {
    let entries = try Self.messages(at: .debug) { communicator in
      let label = CollectiveLabel(communicator.rank == 0 ? "sum" : "product")
      let failure = error { try communicator.barrier(as: label) }
      #expect(failure != nil)
    }
    #expect(entries.count == 2)
    #expect(
      entries.allSatisfy { "\($0.message)".hasPrefix("collective 1 has failed: collective 1: ") })
  }
}
