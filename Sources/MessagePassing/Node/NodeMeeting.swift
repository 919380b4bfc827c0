import Glibc
import Machine
import Shapes

/// How ranks find out whether they all share memory: before the first collective, over the
/// transport that they have.
enum NodeMeeting {
  enum Outcome {
    case shared(NodeTransport)
    /// The ranks are on several machines.
    case apart
    /// Some rank cannot share memory, for the reason that the lowest such rank gives.
    case refused(rank: Int, reason: String)
  }

  /// Collective; all ranks come to the same outcome.
  static func hold(
    over base: any Transport, _ layout: NodeLayout, timeout: Double
  ) throws(TransportFailure) -> Outcome {
    let name = Int64.random(in: 1...(.max))
    var own: NodeSegment?
    var refusal: TensorError?
    do throws(TensorError) {
      own = try NodeSegment(layout, named: name)
    } catch {
      refusal = error
    }
    defer { own?.closeDescriptor() }
    let place = NodePlace(
      machine: machine, process: Int64(getpid()), descriptor: Int64(own?.descriptor ?? -1),
      name: name)
    let places = try base.gather(place.encoded, timeout: timeout)
      .map { NodePlace(decoding: $0) }
    if places.contains(where: { $0.machine != machine }) { return .apart }

    var segments: [NodeSegment] = []
    do throws(TensorError) {
      for (rank, place) in places.enumerated() where place.descriptor >= 0 {
        if let own, rank == base.rank {
          segments.append(own)
        } else {
          segments.append(try NodeSegment(layout, at: place))
        }
      }
    } catch {
      refusal = refusal ?? error
    }
    // Also tells each rank that the others need its descriptor no longer.
    let text = Array((refusal?.given ?? "").utf8.prefix(reasonLength))
    let padding = [UInt8](repeating: 0, count: reasonLength - text.count)
    let reasons = try base.gather(text + padding, timeout: timeout)
    if let rank = reasons.firstIndex(where: { $0[0] != 0 }) {
      let reason = reasons[rank].prefix { $0 != 0 }
      return .refused(rank: rank, reason: String(decoding: reason, as: UTF8.self))
    }
    return .shared(NodeTransport(over: base, segments, processes: places.map(\.process)))
  }

  private static let reasonLength = 200

  /// Differs between machines, and each time that one starts.
  private static var machine: Int64 {
    var hash = StableHash()
    hash.combine(TextFile.read("/proc/sys/kernel/random/boot_id") ?? "")
    return hash.number
  }
}
