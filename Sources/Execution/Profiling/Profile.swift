import MessagePassing

/// What a program did on this rank while it was watched: its operations, what each was made of, and
/// what was stored on the way.
public struct Profile: Sendable {
  /// Pieces of work of one kind: one pass over elements, or what else kernels do in one go.
  public struct Work: Sendable {
    /// What was done; functions that one pass applied one after the other stand in their order.
    public let name: String
    /// How often.
    public internal(set) var count = 0
    /// How long in all.
    public internal(set) var duration = Duration.zero
    /// Bytes of the elements that were read, each once a piece.
    public internal(set) var bytesRead = 0
    /// Bytes of the elements that were written.
    public internal(set) var bytesWritten = 0

    /// Bytes read and written in a second; 0 where it took no time.
    public var bytesPerSecond: Double {
      duration > .zero ? Double(bytesRead + bytesWritten) / duration.seconds : 0
    }
  }

  /// Operations of one name.
  public struct Operation: Sendable {
    /// The name, as in messages of errors; "between operations" for what none of them asked for.
    public let name: String
    /// How often it was called.
    public internal(set) var count = 0
    /// How long in all, without operations that it called.
    public internal(set) var duration = Duration.zero
    /// What it was made of, what took longest first. What is left of its time went into plans,
    /// messages, waiting for other ranks and memory.
    public internal(set) var work: [Work] = []
  }

  /// Results that waited for someone to ask for them, and got memory of their own.
  public struct Stored: Sendable {
    /// The functions that made them.
    public let name: String
    /// How many.
    public internal(set) var count = 0
    /// Their bytes.
    public internal(set) var byteCount = 0
    /// Why no pass took them up as it went along.
    public let reason: String
  }

  /// How long the program took.
  public let duration: Duration
  /// What took longest first.
  public let operations: [Operation]
  /// The largest first.
  public let stored: [Stored]
  /// What this rank sent and received.
  public let traffic: Traffic
  /// How many bytes all workers together read and write in a second where they copy a block that is
  /// larger than the caches, measured at the end; nil where there was no memory for it.
  public let copiedBytesPerSecond: Double?
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

extension Profile: CustomStringConvertible {
  /// A table of operations, with what each was made of below it, then what was stored.
  public var description: String {
    let count = operations.map(\.count).reduce(0, +)
    let inKernels = operations.flatMap(\.work).map(\.duration).reduce(.zero, +)
    var head = "profile: \(Self.milliseconds(duration)) ms, \(count) operations, "
    head += "\(Self.milliseconds(inKernels)) ms of it in kernels"
    if let copiedBytesPerSecond {
      head += "; this machine copies \(Self.short(copiedBytesPerSecond / 1e9)) GB/s"
    }
    var rows = [["count", "ms", "MB", "GB/s", "operation"]]
    for operation in operations {
      rows.append(
        ["\(operation.count)", Self.milliseconds(operation.duration), "", "", operation.name])
      rows += operation.work.map { work in
        [
          "\(work.count)", Self.milliseconds(work.duration),
          Self.short(Double(work.bytesRead + work.bytesWritten) / 1e6),
          Self.short(work.bytesPerSecond / 1e9), "  " + work.name,
        ]
      }
    }
    var lines = [head] + Self.table(rows)
    if traffic.collectives > 0 {
      lines.append(
        "\(traffic.collectives) collectives: \(traffic.bytesSent) bytes sent, "
          + "\(traffic.bytesReceived) received")
    }
    if !stored.isEmpty { lines.append("stored on the way:") }
    lines += stored.map {
      "  \($0.count) × \($0.name), \(Self.short(Double($0.byteCount) / 1e6)) MB: \($0.reason)"
    }
    return lines.joined(separator: "\n")
  }

  /// Columns of numbers to the right, the last one as it is.
  private static func table(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
    return rows.map { row in
      let numbers = zip(row, widths).dropLast().map {
        String(repeating: " ", count: $1 - $0.count) + $0
      }
      return (numbers + [row.last!]).joined(separator: "  ")
    }
  }

  private static func milliseconds(_ duration: Duration) -> String {
    short(duration.seconds * 1000)
  }

  /// Three digits, or all before the point.
  private static func short(_ number: Double) -> String {
    if number >= 100 { return "\(Int(number.rounded()))" }
    let places = number >= 10 ? 1 : number >= 1 ? 2 : 3
    let scale = [1.0, 10, 100, 1000][places]
    let scaled = Int((number * scale).rounded())
    let fraction = String(scaled % Int(scale))
    return "\(scaled / Int(scale))." + String(repeating: "0", count: places - fraction.count)
      + fraction
  }
}
