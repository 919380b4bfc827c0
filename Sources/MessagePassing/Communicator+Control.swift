import Shapes

extension Communicator {
  /// The bytes that each rank gives, in rank order, of any lengths; called by all ranks.
  ///
  /// For small data such as counts and messages: each rank's travel padded to the longest.
  public func allGather(
    control bytes: [UInt8], as label: CollectiveLabel
  ) throws(TensorError) -> [[UInt8]] {
    let gathered = try collective(label, "all-gather of control data", length: bytes.count) {
      greatest throws(TransportFailure) in
      try gather(bytes, greatestLength: greatest)
    }
    state.withLock { $0.traffic.controlBytes += bytes.count * (size - 1) }
    return gathered
  }

  /// Agrees on the outcome of something that may fail on one rank alone, such as opening a file.
  ///
  /// Called by all ranks. When all succeeded, each gets its own value. Otherwise every rank throws
  /// the error of the lowest rank that failed, with its `rank` set. Success costs one comparison of
  /// headers.
  public func agree<T>(
    _ result: Result<T, TensorError>, as label: CollectiveLabel
  ) throws(TensorError) -> T {
    var mine: [UInt8] = []
    if case .failure(let error) = result { mine = error.encoded() }
    let errors: [[UInt8]] = try collective(label, "agreement", length: mine.count) {
      greatest throws(TransportFailure) in
      greatest == 0 ? [] : try gather(mine, greatestLength: greatest)
    }
    state.withLock { $0.traffic.controlBytes += mine.count * (size - 1) }
    for (rank, bytes) in errors.enumerated() where !bytes.isEmpty {
      throw TensorError(decoding: bytes, rank: rank)
    }
    return try result.get()
  }

  /// The last collective of a program: all ranks have come to their end. Later ones throw.
  ///
  /// The process's communicator calls it by itself when the process ends with status 0.
  public func finish() throws(TensorError) {
    try barrier(as: CollectiveLabel("end of program"))
    state.withLock { $0.end = "the end of the program" }
    let moved = traffic
    logger.debug(
      """
      end of program: sent \(moved.bytesSent) bytes in \(moved.messages) messages, received \
      \(moved.bytesReceived) bytes, in \(moved.collectives) collectives
      """)
  }
}

extension TensorError {
  /// Never empty.
  func encoded() -> [UInt8] {
    let fields = [operation, given, expected, rank.map(String.init) ?? ""]
    return Array(fields.joined(separator: "\u{0}").utf8)
  }

  /// `rank` is where the error came from, unless it names another.
  init(decoding bytes: [UInt8], rank: Int? = nil) {
    var fields = bytes.split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let named = fields.popLast().flatMap { Int($0) }
    while fields.count < 3 { fields.append("") }
    self.init(fields[0], given: fields[1], expected: fields[2], rank: named ?? rank)
  }
}
