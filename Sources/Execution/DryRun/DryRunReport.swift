import Distribution
import MessagePassing
import Shapes

/// What a program would do on ranks that are not there, found by a dry run.
public struct DryRunReport: Sendable {
  /// What one rank would do.
  public struct Rank: Sendable {
    /// Its number.
    public let rank: Int
    /// Bytes sent and received, messages and collectives.
    public let traffic: Traffic
    /// The most bytes that tensors would take at any moment, as `Memory.statistics` counts them.
    public let peakMemory: Int
    /// What it would compute.
    public let work: Work
  }

  /// How many ranks there would be.
  public let ranks: Int
  /// The plans of the operations that would be carried out, in their order.
  public let plans: [Plan]
  /// The ranks that the program was run as: rank 0 and, where it is another one, that which
  /// receives the most bytes; or those that were asked for.
  public internal(set) var reports: [Rank]

  init(_ runtime: Runtime, _ dry: DryExecutor) {
    ranks = runtime.communicator.size
    plans = dry.plans
    reports = [
      Rank(
        rank: runtime.communicator.rank, traffic: runtime.communicator.traffic,
        peakMemory: dry.arena.statistics.peak, work: dry.work)
    ]
  }

  /// The rank that receives the most bytes in all plans, the lowest of several. Found in time
  /// proportional to the ranks and to the plans that differ.
  var busiestRank: Int {
    var received = [Int](repeating: 0, count: ranks)
    for (plan, count) in plans.counted where plan.mayCommunicate {
      for rank in 0..<ranks {
        received[rank] = received[rank].clampedPlus(
          plan.bytesReceived(by: rank).clampedTimes(count))
      }
    }
    return received.indices.max { received[$0] < received[$1] } ?? 0
  }
}

extension Array<Plan> {
  /// Each plan once, in the order in which they come first, and how often it comes.
  fileprivate var counted: [(plan: Plan, count: Int)] {
    var places: [Plan: Int] = [:]
    var result: [(plan: Plan, count: Int)] = []
    for plan in self {
      if let place = places[plan] {
        result[place].count += 1
      } else {
        places[plan] = result.count
        result.append((plan, 1))
      }
    }
    return result
  }
}

extension DryRunReport: CustomStringConvertible {
  /// Each plan that communicates once, with how often it is carried out; then a table of ranks.
  public var description: String {
    let counted = plans.counted
    let moving = counted.filter { $0.plan.communicates }
    let quiet = counted.filter { !$0.plan.communicates }.map(\.count).reduce(0, +)
    var lines = ["dry run on \(ranks) ranks: \(plans.count) operations"]
    for (plan, count) in moving {
      lines.append((count > 1 ? "\(count) × " : "") + plan.description)
    }
    if quiet > 0 {
      lines.append("\(quiet) \(moving.isEmpty ? "" : "other ")operations move nothing")
    }
    lines.append(Self.table(reports))
    return lines.joined(separator: "\n")
  }

  private static func table(_ reports: [Rank]) -> String {
    let columns: [(String, (Rank) -> Int)] = [
      ("rank", \.rank), ("bytes sent", \.traffic.bytesSent),
      ("bytes received", \.traffic.bytesReceived), ("messages", \.traffic.messages),
      ("collectives", \.traffic.collectives), ("peak bytes", \.peakMemory),
      ("multiplications", \.work.multiplications), ("element operations", \.work.elementOperations),
    ]
    let rows =
      [columns.map(\.0)] + reports.map { report in columns.map { "\($0.1(report))" } }
    let widths = columns.indices.map { column in rows.map { $0[column].count }.max()! }
    return rows.map { row in
      zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }
        .joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
