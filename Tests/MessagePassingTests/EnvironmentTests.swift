import MessagePassing
import Shapes
import Testing

/// What the communicator of a process reads from its environment.
@Suite struct EnvironmentTests {
  @Test(
    arguments: [
      (nil, 300), ("5", 5), ("0.25", 0.25), ("1e3", 1000),
    ] as [(String?, Double)]) func timeout(text: String?, seconds: Double) throws
  {
    #expect(try Timeout.parse(text) == seconds)
  }

  @Test(arguments: ["0", "-1", "abc", "5 s", "nan", "inf", "1e300"])
  func malformedTimeout(text: String) {
    let failure = error { _ = try Timeout.parse(text) }
    #expect(failure?.operation == "TESSERA_TIMEOUT")
    #expect(failure?.given == "\"\(text)\"")
  }

  @Test func sharedMemory() throws {
    #expect(try SharedMemory.parse(nil))
    #expect(try SharedMemory.parse("on"))
    #expect(try !SharedMemory.parse("off"))
    for text in ["1", "yes", "Off"] {
      let failure = error { _ = try SharedMemory.parse(text) }
      #expect(failure?.operation == "TESSERA_SHARED_MEMORY")
      #expect(failure?.given == "\"\(text)\"")
      #expect(failure?.expected == "on or off")
    }
  }

  @Test func ranksPerNode() throws {
    #expect(try RanksPerNode.parse(nil) == nil)
    #expect(try RanksPerNode.parse("1") == 1)
    #expect(try RanksPerNode.parse("48") == 48)
    for text in ["0", "-1", "two", "1.5", "1000001", "99999999999999999999"] {
      let failure = error { _ = try RanksPerNode.parse(text) }
      #expect(failure?.operation == "TESSERA_RANKS_PER_NODE")
      #expect(failure?.given == "\"\(text)\"")
      #expect(failure?.expected == "a number of ranks from 1 to 1000000")
    }
  }

  @Test(arguments: [
    (["OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"], true, 1),
    (["PMIX_RANK": "3"], true, 3),
    (["PMI_RANK": "0"], true, 0),
    (["SLURM_PROCID": "2", "SLURM_STEP_ID": "0"], true, 2),
    // A batch script of Slurm is not a rank.
    (["SLURM_PROCID": "0"], false, 0),
    (["SLURM_STEP_ID": "0"], false, 0),
    ([:], false, 0),
    // The process that initialised MPI, and its child.
    (["PMIX_RANK": "3", Launcher.ownerVariable: "77"], true, 3),
    (["PMIX_RANK": "3", Launcher.ownerVariable: "76"], false, 3),
  ]) func launcher(variables: [String: String], isPresent: Bool, rank: Int) {
    let launcher = Launcher(process: 77) { variables[$0] }
    #expect(launcher.isPresent == isPresent)
    #expect(launcher.rank == rank)
  }
}
