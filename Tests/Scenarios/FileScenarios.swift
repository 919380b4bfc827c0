import Foundation
import MessagePassing
import SystemCallFilter
import Tessera
import TesseraIO

/// Programs that write `x.npy` into their working directory, and are killed meanwhile.
enum FileScenarios {
  static let all = [
    Scenario("write", "all ranks write a tensor: ok") { communicator throws(TensorError) in
      try values.write(npy: "x.npy")
      try reportOK(communicator)
    },
    Scenario("write-named", "the same on a file system without unnamed files", preparation: name) {
      communicator throws(TensorError) in
      try values.write(npy: "x.npy")
      try reportOK(communicator)
    },
    Scenario("write-unlocked", "the same where there are no locks either", preparation: unlock) {
      communicator throws(TensorError) in
      try values.write(npy: "x.npy")
      try reportOK(communicator)
    },
    Scenario("write-late", "rank 1 has no room for a tensor that waits to be computed") {
      communicator throws(TensorError) in
      let x = Tensor<Float>.ones([1 << 20])
      let waiting = x + 1
      if communicator.rank == 1 {
        Memory.trim()
        Memory.cap = 1 << 20
      }
      try waiting.write(npy: "x.npy")
    },
    Scenario("write-endlessly", "all ranks write again and again, after `begun`") {
      communicator throws(TensorError) in
      try writeEndlessly(communicator)
    },
    Scenario("write-endlessly-named", "the same without unnamed files", preparation: name) {
      communicator throws(TensorError) in
      try writeEndlessly(communicator)
    },
    Scenario("killed-begun", "dies of SIGKILL when the file has begun") {
      _ throws(TensorError) in
      die(of: try Draft("x.npy", for: "write"))
    },
    Scenario("killed-begun-named", "the same without unnamed files", preparation: name) {
      _ throws(TensorError) in
      die(of: try Draft("x.npy", for: "write"))
    },
    Scenario("killed-named", "dies of SIGKILL when the file has a name, before it takes its place")
    {
      _ throws(TensorError) in
      let draft = try Draft("x.npy", for: "write")
      try draft.giveName()
      die(of: draft)
    },
    Scenario("killed-unlocked", "the same without names and locks", preparation: unlock) {
      _ throws(TensorError) in
      die(of: try Draft("x.npy", for: "write"))
    },
    Scenario("held", "has begun a file, with a name, and keeps it: `begun`", preparation: name) {
      _ throws(TensorError) in
      try hold()
    },
    Scenario("held-unlocked", "the same without locks", preparation: unlock) {
      _ throws(TensorError) in
      try hold()
    },
    Scenario("print-beside", "prints a tensor while it has the file `beside` open for writing") {
      _ throws(TensorError) in
      let file = open("beside", O_WRONLY | O_CREAT, 0o600)
      print(Tensor<Float>.ones([2]))
      close(file)
    },
  ]

  private static var values: Tensor<Float> { .ones([1 << 10], sharding: .sharded(axis: 0)) }

  private static func refuse(_ calls: refused_calls...) {
    let code = refuse_system_calls(calls.reduce(0) { $0 | $1.rawValue })
    precondition(code == 0, "refuse_system_calls: error \(code)")
  }

  @Sendable private static func name() { refuse(refused_unnamed_files) }
  @Sendable private static func unlock() { refuse(refused_unnamed_files, refused_lock_calls) }

  private static func writeEndlessly(_ communicator: Communicator) throws(TensorError) {
    let large = Tensor<Float>.ones([4 << 20], sharding: .sharded(axis: 0))
    if communicator.rank == 0 { report("begun") }
    while true { try large.write(npy: "x.npy") }
  }

  private static func die(of draft: Draft) {
    kill(getpid(), SIGKILL)
    withExtendedLifetime(draft) {}
  }

  private static func hold() throws(TensorError) {
    let draft = try Draft("x.npy", for: "write")
    report("begun")
    sleep(60)
    draft.discard()
  }
}
