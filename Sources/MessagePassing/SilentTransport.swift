import Glibc
import Shapes

/// A transport of one rank that hears nobody: there is no other, or the others are not there.
protocol SilentTransport: Transport {}

extension SilentTransport {
  var isCrowded: Bool { false }

  func minimum(_ values: [Int64], timeout: Double) -> [Int64] { values }

  /// Others would give what this one gives.
  func gather(_ bytes: [UInt8], timeout: Double) -> [[UInt8]] {
    [[UInt8]](repeating: bytes, count: size)
  }

  func exchange(sends: [Message], receives: [Message], timeout: Double) {
    // The communicator refuses transfers where there is nobody else, and counts those of a dry run.
  }

  func publish(_ activity: Activity) {
    // Nobody can ask.
  }

  func advance(to phase: Activity.Phase) {
    // Nobody can ask.
  }

  func activities(within seconds: Double) -> [Activity?] {
    [Activity?](repeating: nil, count: size)
  }

  func announce(_ error: TensorError) {
    // Nobody can hear it.
  }

  func announceEnd() {
    // Nobody can hear it.
  }

  func hearsOfEnd(of ranks: Range<Int>, within seconds: Double) -> Bool { false }

  func listen(for awaited: () -> [Int]) {
    // Nobody speaks.
  }

  func leave() {
    // Nobody waits for this rank.
  }

  func abort(status: Int32) -> Never { exit(status) }
}

/// One rank, which has nobody to talk to; libmpi is never initialised.
final class SoloTransport: SilentTransport {
  let rank = 0
  let size = 1
  let description = "solo, one rank without MPI"
}

/// One rank of a job of which no other is there: collectives are counted and move nothing.
final class DryTransport: SilentTransport {
  let rank: Int
  let size: Int

  init(rank: Int, size: Int) {
    self.rank = rank
    self.size = size
  }

  var description: String { "dry, rank \(rank) of \(size)" }
}

extension Communicator {
  /// A rank of a job that is not there: its collectives count what they would move.
  package static func dry(rank: Int, of size: Int) -> Communicator {
    Communicator(DryTransport(rank: rank, size: size), Settings())
  }
}
