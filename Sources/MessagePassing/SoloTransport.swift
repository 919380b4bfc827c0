import Glibc
import Shapes

/// One rank, which has nobody to talk to; libmpi is never initialised.
final class SoloTransport: Transport {
  let rank = 0
  let size = 1
  let description = "solo, one rank without MPI"
  let isCrowded = false

  func minimum(_ values: [Int64], timeout: Double) -> [Int64] { values }

  func gather(_ bytes: [UInt8], timeout: Double) -> [[UInt8]] { [bytes] }

  func exchange(sends: [Message], receives: [Message], timeout: Double) {
    // The communicator refuses transfers to oneself, and there is nobody else.
  }

  func publish(_ activity: Activity) {
    // Nobody can ask.
  }

  func advance(to phase: Activity.Phase) {
    // Nobody can ask.
  }

  func activities(within seconds: Double) -> [Activity?] { [nil] }

  func announce(_ error: TensorError) {
    // Nobody can hear it.
  }

  func announceEnd() {
    // Nobody can hear it.
  }

  func hearsOfEnd(within seconds: Double) -> Bool { false }

  func listen(for awaited: () -> [Int]) {
    // Nobody speaks.
  }

  func leave() {
    // Nobody waits for this rank.
  }

  func abort(status: Int32) -> Never { exit(status) }
}
