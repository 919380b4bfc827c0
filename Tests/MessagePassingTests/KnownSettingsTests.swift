import MessagePassing
import Testing

/// Slips in the names of variables are told, with the name that was meant.
@Suite struct KnownSettingsTests {
  @Test(arguments: [
    ("TESSERA_WORKER", "TESSERA_WORKERS"), ("TESSERA_WROKERS", "TESSERA_WORKERS"),
    ("TESSERA_MEMORYCAP", "TESSERA_MEMORY_CAP"), ("TESSERA_MEM_CAP", "TESSERA_MEMORY_CAP"),
    ("TESSERA_TIME_OUT", "TESSERA_TIMEOUT"), ("tessera_log", "TESSERA_LOG"),
    ("TESSERA_RANK_PER_NODE", "TESSERA_RANKS_PER_NODE"), ("TESERA_LOG", "TESSERA_LOG"),
    ("TESSERA_SHAREDMEMORY", "TESSERA_SHARED_MEMORY"),
  ])
  func slips(name: String, meant: String) {
    #expect(
      KnownSettings.warnings([name])
        == ["\(name) in the environment is no setting; did you mean \(meant)?"])
  }

  @Test func whatResemblesNothingGetsNoHint() {
    #expect(
      KnownSettings.warnings(["PATH", "TESSERA_PALETTE_OF_MINE", "TESSERAE", "X_TESSERA_LOG"])
        == ["TESSERA_PALETTE_OF_MINE in the environment is no setting of Tessera, and is ignored"])
  }

  @Test func settingsAreNotWarnedOf() {
    #expect(KnownSettings.warnings(KnownSettings.names + ["HOME"]).isEmpty)
    #expect(Set(KnownSettings.names).count == KnownSettings.names.count)
  }

  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abd", 1),
    ("kitten", "sitting", 3), ("ca", "abc", 3), ("WORKERS", "WROKER", 2),
  ])
  func distances(first: String, second: String, expected: Int) {
    #expect(KnownSettings.editDistance(first, second) == expected)
    #expect(KnownSettings.editDistance(second, first) == expected)
  }

  /// In the middle of a test's own names: an empty variable is as if it were not there.
  @Test func emptyIsAsUnset() throws {
    #expect(try Timeout.parse("") == Timeout.standard)
    #expect(try Log.parse("") == Log.standard)
    #expect(try SharedMemory.parse("") == SharedMemory.standard)
    #expect(try RanksPerNode.parse("") == nil)
  }
}
