import Glibc
import Machine
import Synchronization

/// The name of a file that is not finished, `.NAME.tessera-PLACE-PROCESS-NUMBER.partial`.
struct DraftName {
  /// Where its process runs; process numbers mean something there alone.
  let place: String
  let process: pid_t
  let text: String

  /// Makes the names of a process differ.
  private static let serial = Atomic<UInt64>(0)

  /// The machine since its start, and the process's name space of numbers, as sixteen digits.
  static let place: String = {
    let machine = TextFile.read("/proc/sys/kernel/random/boot_id") ?? ""
    var target = [CChar](repeating: 0, count: 64)
    let count = max(0, readlink("/proc/self/ns/pid", &target, target.count))
    let bytes = Array(machine.utf8) + target.prefix(count).map(UInt8.init(bitPattern:))
    // FNV-1a, which is the same in every process.
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }()

  /// A new name of this process for a file that will be called `name`.
  init(for name: String) {
    // The longest name that a file can have has no room for more.
    let stem = String(decoding: name.utf8.prefix(64), as: UTF8.self)
    let number = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
    place = Self.place
    process = getpid()
    text = ".\(stem).tessera-\(place)-\(process)-\(number).partial"
  }

  /// A name found in a folder; nil for the names of other files.
  init?(_ text: String) {
    guard text.hasPrefix("."), text.hasSuffix(".partial"),
      let own = text.dropLast(".partial".count).split(separator: ".").last,
      own.hasPrefix("tessera-")
    else { return nil }
    let parts = own.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[1].count == 16, let process = pid_t(parts[2]), process > 0,
      UInt64(parts[3]) != nil
    else { return nil }
    place = String(parts[1])
    self.process = process
    self.text = text
  }
}
