import Glibc
import Machine
import Shapes

/// How ranks find out where they are and which of them share memory: before the first collective,
/// over the transport that they have.
struct NodeMeeting {
  let base: any MessageTransport
  let timeout: Double
  /// Who is on which node.
  let map: NodeMap

  enum Outcome {
    /// Ranks share memory with those of their node; nodes of one rank have it for themselves.
    case shared(any MemoryTransport)
    /// No rank can share memory.
    case apart
  }

  /// A node whose ranks cannot share memory, for the reason that the lowest such rank gives.
  struct Refusal: Equatable {
    var ranks: [Int]
    var rank: Int
    var reason: String
  }

  /// Collective: asks where the ranks are.
  ///
  /// - Parameter ranksPerNode: pretends that no more consecutive ranks are on one node.
  init(
    over base: any MessageTransport, ranksPerNode: Int?, timeout: Double
  ) throws(TransportFailure) {
    self.base = base
    self.timeout = timeout
    let machines = try base.gather(Self.machine.encoded, timeout: timeout)
    map = NodeMap(machines: machines.map { $0.number(0) }, ranksPerNode: ranksPerNode)
  }

  /// For ranks of which it is known where they are, or pretended.
  init(over base: any MessageTransport, _ map: NodeMap, timeout: Double) {
    self.base = base
    self.timeout = timeout
    self.map = map
  }

  /// Collective: the ranks of each node map each other's segments. All ranks come to the same
  /// outcome; a node where that fails falls apart into nodes of one rank each.
  ///
  /// - Parameter pieceByteCount: the most bytes of a piece, the same on all nodes.
  func hold(
    pieceByteCount: Int? = nil
  ) throws(TransportFailure) -> (outcome: Outcome, refusals: [Refusal]) {
    let members = map.neighbourhood(of: base.rank)
    let largest = map.nodes.map(\.count).max() ?? 1
    let layout = NodeLayout(
      ranks: members.count,
      pieceByteCount: pieceByteCount ?? NodeLayout.pieceByteCount(ranks: largest))
    let (segments, heaps, processes, refusals) = try share(members, layout)

    let map = map.splitting(nodesOf: refusals.map(\.rank))
    let isAlone = map.neighbourhood(of: base.rank).count == 1
    let node = NodeTransport(
      over: base, members: isAlone ? [base.rank] : members, layout, isAlone ? [] : segments,
      isAlone ? nil : heaps, processes: processes)
    if map.nodes.count == 1 { return (.shared(node), refusals) }
    if map.nodes.count == base.size, !refusals.isEmpty { return (.apart, refusals) }
    return (.shared(ClusterTransport(map, node: node)), refusals)
  }

  /// The segments, heaps and processes of the members, and who refuses.
  private func share(
    _ members: [Int], _ layout: NodeLayout
  ) throws(TransportFailure) -> ([NodeSegment], NodeHeaps?, [Int64], [Refusal]) {
    let name = Int64.random(in: 1...(.max))
    var own: NodeSegment?
    var heap: SharedHeap?
    var refusal: TensorError?
    let heapByteCount = SharedHeap.byteCount(ranks: members.count)
    if members.count > 1 {
      do throws(TensorError) {
        own = try NodeSegment(layout, named: name)
      } catch {
        refusal = error
      }
      heap = try? SharedHeap(byteCount: heapByteCount)
      if !(heap?.isWorthwhile ?? true) { heap = nil }
    }
    defer {
      own?.closeDescriptor()
      heap?.closeDescriptor()
    }
    let place = NodePlace(
      process: Int64(getpid()), descriptor: Int64(own?.descriptor ?? -1), name: name,
      heap: Int64(heap?.descriptor ?? -1))
    let all = try base.gather(place.encoded, timeout: timeout)
    let places = members.map { NodePlace(decoding: all[$0]) }

    var segments: [NodeSegment] = []
    do throws(TensorError) {
      for (rank, place) in zip(members, places) where place.descriptor >= 0 {
        if let own, rank == base.rank {
          segments.append(own)
        } else {
          segments.append(try NodeSegment(layout, at: place))
        }
      }
    } catch {
      refusal = refusal ?? error
    }
    let heaps =
      refusal == nil
      ? heap.flatMap { heap in
        NodeHeaps(own: heap, places, rank: members.firstIndex(of: base.rank)!, heapByteCount)
      }
      : nil
    // Also tells each rank that the others need its descriptors no longer.
    let text = Array((refusal?.given ?? "").utf8.prefix(Self.reasonLength))
    let padding = [UInt8](repeating: 0, count: Self.reasonLength - text.count)
    let reasons = try base.gather(text + padding + [heaps == nil ? 0 : 1], timeout: timeout)
    let refusals = map.nodes.compactMap { ranks in
      ranks.first { reasons[$0][0] != 0 }.map { rank in
        Refusal(
          ranks: ranks, rank: rank,
          reason: String(
            decoding: reasons[rank].prefix(Self.reasonLength).prefix { $0 != 0 }, as: UTF8.self))
      }
    }
    // Whoever sends must know that all can read.
    let haveHeaps = members.allSatisfy { reasons[$0].last == 1 }
    return (segments, haveHeaps ? heaps : nil, places.map(\.process), refusals)
  }

  private static let reasonLength = 200

  /// Differs between machines, and each time that one starts.
  private static var machine: Int64 {
    var hash = StableHash()
    hash.combine(TextFile.read("/proc/sys/kernel/random/boot_id") ?? "")
    return hash.number
  }
}
