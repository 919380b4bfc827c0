import MessagePassing
import Testing

/// Deadlines count the time in which a wait could have looked.
@Suite struct AttendedTimeTests {
  /// What has passed after looks at the given times.
  private func passed(_ looks: [Double]) -> Double {
    var time = AttendedTime()
    time.begin(at: looks[0])
    for look in looks.dropFirst() { time.look(at: look) }
    return time.passed
  }

  @Test func timeBetweenFrequentLooksCounts() {
    let looks = (0...1000).map { 5 + Double($0) * 0.05 }
    #expect(abs(passed(looks) - 50) < 1e-9)
  }

  @Test func ofAGapLittleCounts() {
    #expect(abs(passed([0, 0.05, 0.95, 1]) - 0.2) < 1e-9)
  }

  @Test func afterALongGapPeersGetAMoment() {
    let before = (0...100).map { Double($0) * 0.04 }
    #expect(abs(passed(before) - 4) < 1e-9)
    #expect(abs(passed(before + [11]) - 3.1) < 1e-9)
    #expect(passed([0, 7]) == 0)
  }

  /// A process that gets a CPU for little of each period comes to its deadline all the same.
  @Test func pausesOfAQuotaPutNothingOffForEver() {
    let looks = (0...600).flatMap { [Double($0), Double($0) + 0.05] }
    #expect(passed(looks) > 60)
  }
}
