import Execution
import Foundation
import Tessera
import TesseraIO
import TestSupport
import Testing

/// Where a file cannot be written: an error that names operation and path, the same on every rank,
/// and everything as it was before.
@Suite struct NpyWriteRefusalTests {
  struct BadTarget: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let contains: [String]
    /// Prepares a folder and gives the path.
    let make: @Sendable (TemporaryFolder) -> String
  }

  static let targets = [
    BadTarget(testDescription: "no folder", contains: ["none/x.npy", "directory cannot be found"]) {
      $0.file("none/x.npy")
    },
    BadTarget(testDescription: "a file as a folder", contains: ["x.npy/y.npy", "Not a directory"]) {
      $0.write([1, 2, 3]) + "/y.npy"
    },
    BadTarget(testDescription: "a folder", contains: ["where there is a directory"]) {
      mkdir($0.file("x.npy"), 0o777)
      return $0.file("x.npy")
    },
    BadTarget(testDescription: "a folder by its name", contains: ["which names a directory"]) {
      $0.path + "/"
    },
    BadTarget(testDescription: "a folder by its link", contains: ["names a directory"]) {
      $0.path + "/."
    },
    BadTarget(testDescription: "a pipe", contains: ["where there is a pipe"]) {
      mkfifo($0.file("x.npy"), 0o666)
      return $0.file("x.npy")
    },
    BadTarget(testDescription: "a device", contains: ["where there is a device"]) {
      symlink("/dev/null", $0.file("x.npy"))
      return $0.file("x.npy")
    },
    BadTarget(testDescription: "links in a circle", contains: ["too many links"]) {
      symlink("y.npy", $0.file("x.npy"))
      symlink("x.npy", $0.file("y.npy"))
      return $0.file("x.npy")
    },
    BadTarget(testDescription: "a link into no folder", contains: ["directory cannot be found"]) {
      symlink("none/y.npy", $0.file("x.npy"))
      return $0.file("x.npy")
    },
    BadTarget(testDescription: "a long name", contains: ["File name too long"]) {
      $0.file(String(repeating: "x", count: 256))
    },
    BadTarget(testDescription: "no path", contains: ["the path \"\"", "not empty"]) { _ in "" },
    BadTarget(testDescription: "a zero inside", contains: ["without the character 0"]) {
      $0.file("x.npy\u{0}.png")
    },
  ]

  @Test(arguments: targets) func badTarget(_ target: BadTarget) throws {
    for ranks in [1, 2, 3, 5] {
      try withTemporaryFolder { folder in
        let path = target.make(folder)
        let before = (folder.names, folder.bytes("x.npy"))
        let messages = try onLoopbackRanks(ranks) { _ in
          let x = Tensor<Float>.ones([5, 2], sharding: .sharded(axis: 0))
          return errorMessage { try x.write(npy: path) }
        }
        for text in ["write(npy:) (on rank 0): given "] + target.contains {
          #expect(messages[0].contains(text), "\(messages[0])")
        }
        #expect(messages.allSatisfy { $0 == messages[0] })
        #expect((folder.names, folder.bytes("x.npy")) == before)
      }
    }
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test(arguments: [2, 3, 5]) func ranksThatMeanDifferentFiles(ranks: Int) throws {
    try withTemporaryFolder { folder in
      folder.write([1, 2, 3])
      let messages = try onLoopbackRanks(ranks) { runtime in
        let isLast = runtime.communicator.rank == ranks - 1
        return errorMessage {
          try Tensor<Float>([1]).write(npy: folder.file(isLast ? "other.npy" : "x.npy"))
        }
      }
      let parts = ["write(npy:) (on rank \(ranks - 1))", "other.npy", "same path", "x.npy"]
      for text in parts { #expect(messages[0].contains(text), "\(messages[0])") }
      #expect(messages.allSatisfy { $0 == messages[0] })
      #expect(folder.names == ["x.npy"] && folder.bytes("x.npy") == [1, 2, 3])
    }
  }

  @Test func moreAxesThanNumPyReads() throws {
    try withTemporaryFolder { folder in
      try onOneRank { _ in
        let most = Tensor<Float>.ones(Shape([Int](repeating: 1, count: 64)))
        try most.write(npy: folder.file("x.npy"))
        #expect(try Tensor<Float>(npy: folder.file("x.npy")).shape == most.shape)
        let more = Tensor<Float>.ones(Shape([Int](repeating: 1, count: 65)))
        let message = errorMessage { try more.write(npy: folder.file("y.npy")) }
        for text in ["write(npy:)", "65 axes", "at most 64"] {
          #expect(message.contains(text), "\(message)")
        }
      }
      #expect(folder.names == ["x.npy"])
    }
  }

  // MARK: Failures of the system, which are made in a process of their own

  /// Runs ranks that write over a file while `interfere` stands in the way of the first, and finds
  /// what is wrong with the error that all must get or with what is left.
  private static func complaints(
    contains: [String], _ interfere: @escaping @Sendable () -> Void
  ) throws -> [String] {
    try withTemporaryFolder { folder in
      let old = folder.write([1, 2, 3])
      let messages = try onLoopbackRanks(3) { runtime in
        let x = Tensor<Float>.ones([1000, 2], sharding: .sharded(axis: 0))
        // Nothing else may open files, as the search for the machine's processors does, meanwhile.
        try runtime.communicator.barrier(as: .init("test"))
        if runtime.communicator.rank == 0 { interfere() }
        try runtime.communicator.barrier(as: .init("test"))
        return errorMessage { try x.write(npy: old) }
      }
      set(RLIMIT_NOFILE, 1000)
      set(RLIMIT_FSIZE, .max)
      var complaints = contains.filter { !messages[0].contains($0) }.map {
        "no \($0) in: \(messages[0])"
      }
      if !messages.allSatisfy({ $0 == messages[0] }) { complaints.append("unlike: \(messages)") }
      if folder.names != ["x.npy"] { complaints.append("left: \(folder.names)") }
      if folder.bytes("x.npy") != [1, 2, 3] { complaints.append("the file has changed") }
      return complaints
    }
  }

  private static func set(_ resource: __rlimit_resource, _ value: UInt) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    limit.rlim_cur = Swift.min(value, limit.rlim_max)
    setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
  }

  /// The first rank gets the last descriptor that the process may have, so that all others fail.
  @Test func aFailureOfSomeRanksLeavesNothing() async {
    await #expect(processExitsWith: .success) {
      let parts = ["write(npy:) (on rank 1): given", ".partial", "Too many open files"]
      let complaints = try Self.complaints(contains: parts) {
        let next = dup(STDERR_FILENO)
        close(next)
        Self.set(RLIMIT_NOFILE, UInt(next) + 1)
      }
      #expect(complaints.isEmpty, "\(complaints)")
    }
  }

  /// As on a disk that is full: the first rank cannot make the file as long as it will be.
  @Test func noRoomLeavesNothing() async {
    await #expect(processExitsWith: .success) {
      let parts = ["write(npy:) (on rank 0): given", "cannot take 8128 bytes", "File too large"]
      let complaints = try Self.complaints(contains: parts) {
        signal(SIGXFSZ, SIG_IGN)
        Self.set(RLIMIT_FSIZE, 8000)
      }
      #expect(complaints.isEmpty, "\(complaints)")
    }
  }

  /// The checker notices a write that succeeds.
  @Test func theCheckerComplains() async {
    await #expect(processExitsWith: .success) {
      let complaints = try Self.complaints(contains: ["write(npy:)"]) {}
      #expect(complaints.count == 2, "\(complaints)")
    }
  }

  /// What the system does not let a user read or write. root becomes somebody else for it, if it
  /// may.
  @Test func filesOfOthers() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        folder.write(NpyImage().bytes)
        let (path, new) = (folder.file("x.npy"), folder.file("new.npy"))
        chmod(path, 0o444)
        chmod(folder.path, 0o755)
        let user = geteuid()
        guard user != 0 || seteuid(65534) == 0 else { return }
        let messages = try onLoopbackRanks(2) { _ in
          let x = Tensor<Float>([1, 2, 3])
          // Its owner may change the folder, so that only the file speaks against being replaced.
          let written = errorMessage { try x.write(npy: path) }
          let created = user == 0 ? errorMessage { try x.write(npy: new) } : "Permission denied"
          return [written, created]
        }
        seteuid(user)
        chmod(path, 0)
        seteuid(user == 0 ? 65534 : user)
        let unreadable = try onLoopbackRanks(2) { _ in
          errorMessage { try Tensor<Float>(npy: path) }
        }
        seteuid(user)
        for outcome in messages.map({ $0.joined() }) + unreadable {
          #expect(outcome.contains("Permission denied"), "\(outcome)")
        }
        #expect(messages[0] == messages[1] && unreadable[0] == unreadable[1])
        #expect(messages[0][0].contains("x.npy, which cannot be written"))
        #expect(unreadable[0].contains("x.npy, which cannot be opened"))
        chmod(path, 0o600)
        #expect(folder.names == ["x.npy"] && folder.bytes("x.npy") == NpyImage().bytes)
      }
    }
  }
}
