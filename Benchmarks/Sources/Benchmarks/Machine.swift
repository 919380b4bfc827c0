import CLimits
import Tessera

/// Something whose time is taken in turns with others: a case, its limit, a peer.
struct Contender {
  let name: String
  /// Seconds of so many calls on this rank, at the same time as on all others.
  let seconds: (_ calls: Int) throws(TensorError) -> Double
}

extension Contender {
  /// Calls that each end with a result evaluated, whose storage they identify.
  static func calls(_ name: String, _ call: @escaping () -> UInt64) -> Contender {
    Contender(name: name) { calls in
      let began = limit_now()
      var last: UInt64 = 0
      for _ in 0..<calls { last = call() }
      let seconds = limit_now() - began
      precondition(last != 0, "a storage without an identifier")
      return seconds
    }
  }
}

/// The least that the machine has to do for a case: this rank's share of it.
enum Bound {
  /// Passes over memory, one after another.
  case memory([Pass])
  /// Multiplications and additions.
  case arithmetic(operations: Double, isDouble: Bool)
  /// A plain loop over indices.
  case indexing(() -> Indexing)
  /// A function that adds four numbers.
  case smallCall
  /// What a peer needs, where that is the machine's own way.
  case peer(() throws(TensorError) -> Contender)
}

/// A pass over neighbouring Floats.
struct Pass {
  var kind: limit_pass
  var count: Int
  var terms = 1
  /// How often it is done.
  var times = 1

  static func read(_ count: Int) -> Pass { Pass(kind: LIMIT_READ, count: count) }
  static func write(_ count: Int) -> Pass { Pass(kind: LIMIT_WRITE, count: count) }
  static func copy(_ count: Int) -> Pass { Pass(kind: LIMIT_COPY, count: count) }
  static func add(_ count: Int) -> Pass { Pass(kind: LIMIT_ADD, count: count) }
  static func update(_ count: Int) -> Pass { Pass(kind: LIMIT_UPDATE, count: count) }
  static func join(_ count: Int, terms: Int) -> Pass {
    Pass(kind: LIMIT_JOIN, count: count, terms: terms)
  }

  /// Of Doubles, which are as long as two Floats.
  static func readDoubles(_ count: Int, times: Int = 1) -> Pass {
    Pass(kind: LIMIT_READ, count: 2 * count, times: times)
  }
  static func copyDoubles(_ count: Int, times: Int = 1) -> Pass {
    Pass(kind: LIMIT_COPY, count: 2 * count, times: times)
  }

  /// Floats read or written for each of the `count`.
  var operands: Int {
    switch kind {
    case LIMIT_READ, LIMIT_WRITE: 1
    case LIMIT_COPY: 2
    case LIMIT_JOIN: terms + 1
    default: 3
    }
  }
}

/// A plain loop over indices, of Doubles: this rank's part of it.
struct Indexing {
  var kind: limit_indexed
  var indices: [Int64]
  /// How many values there are to read, and how many places to write.
  var valueCount: Int
  var resultCount: Int
}

/// What the machine can do, measured by itself.
struct Limit {
  var name: String
  var size: Int
  /// Bytes read and written, or operations, of all ranks.
  var work: Double
  var bound: Bound

  /// What is measured before all cases.
  static func all(_ scale: Scale) -> [Limit] {
    let share = Job.share(of: scale.side) * scale.side
    let passes: [(String, Pass)] = [
      ("read", .read(share)), ("write", .write(share)), ("copy", .copy(share)),
      ("add", .add(share)), ("update", .update(share)),
    ]
    let operations = 2e5 * Double(scale.side)
    return passes.map { name, pass in
      Limit(
        name: "limits/\(name)", size: scale.elements,
        work: Double(4 * pass.operands * scale.elements), bound: .memory([pass]))
    }
      + [("float32", false), ("float64", true)].map { name, isDouble in
        Limit(
          name: "limits/\(name)", size: Int(operations), work: operations,
          bound: .arithmetic(operations: operations / Double(Job.ranks), isDouble: isDouble))
      }
  }
}

/// The machine as this rank has it: as many threads as workers, on the workers' CPUs.
final class Machine {
  private let threads: OpaquePointer

  /// Collective.
  init() throws(TensorError) {
    let own = try RuntimeReport.gather().byRank[Job.rank]
    let requested = own.workers.compactMap(\.requestedCPU)
    // The first worker is the calling thread: the CPU that the others leave is its own.
    let free = own.nodes.flatMap(\.cpus).first { !requested.contains($0) }
    let cpus = own.workers.map { Int32($0.requestedCPU ?? free ?? -1) }
    threads = limit_threads_start(cpus.count, cpus)
  }

  deinit { limit_threads_stop(threads) }

  func contender(for bound: Bound) throws(TensorError) -> Contender {
    switch bound {
    case .memory(let passes): return try contender(for: passes)
    case .arithmetic(let operations, let isDouble):
      var operationsOfRound = 0.0
      _ = limit_arithmetic(threads, isDouble, 1, &operationsOfRound)
      return Contender(name: "arithmetic") { [self] calls in
        let rounds = max(1, (operations * Double(calls) / operationsOfRound).rounded(.up))
        var done = 0.0
        let seconds = limit_arithmetic(threads, isDouble, Int(rounds), &done)
        return seconds * operations * Double(calls) / done
      }
    case .indexing(let make): return try contender(for: make())
    case .smallCall: return Contender(name: "call") { limit_small_calls($0) }
    case .peer(let make): return try make()
    }
  }

  private func contender(for indexing: Indexing) throws(TensorError) -> Contender {
    // Two Floats have room for a Double.
    let values = try MappedFloats(2 * indexing.valueCount, touchedBy: threads)
    let out = try MappedFloats(2 * indexing.resultCount, touchedBy: threads)
    return Contender(name: "indexing") { [self] calls in
      indexing.indices.withUnsafeBufferPointer { indices in
        limit_indexing(
          threads, indexing.kind,
          UnsafeMutableRawPointer(out.base).assumingMemoryBound(to: Double.self),
          UnsafeRawPointer(values.base).assumingMemoryBound(to: Double.self), indices.baseAddress,
          indices.count, calls)
      }
    }
  }

  private func contender(for passes: [Pass]) throws(TensorError) -> Contender {
    func memory(_ count: (Pass) -> Int) throws(TensorError) -> MappedFloats {
      try MappedFloats(passes.map(count).max() ?? 0, touchedBy: threads)
    }
    let out = try memory { $0.kind == LIMIT_READ ? 0 : $0.count }
    let a = try memory { $0.kind == LIMIT_WRITE ? 0 : $0.count * $0.terms }
    let b = try memory { $0.kind == LIMIT_ADD ? $0.count : 0 }
    let seconds = { [self] (pass: Pass, way: limit_way, calls: Int) in
      limit_stream(
        threads, pass.kind, way, out.base, a.base, b.base, pass.count, pass.terms, calls)
    }
    // The limit is the fastest of some ways: each is tried a few times, in turns.
    let ways = [LIMIT_CACHED, LIMIT_STREAMED, LIMIT_PREFETCHED]
    let fastest = passes.map { pass in
      if pass.kind == LIMIT_READ { return LIMIT_CACHED }
      var least = [Double](repeating: .infinity, count: ways.count)
      for _ in 0..<4 {
        for (index, way) in ways.enumerated() {
          least[index] = min(least[index], seconds(pass, way, 1))
        }
      }
      return zip(least, ways).min { $0.0 < $1.0 }!.1
    }
    return Contender(name: "memory") { calls in
      zip(passes, fastest).reduce(0) { $0 + seconds($1.0, $1.1, calls * $1.0.times) }
    }
  }
}
