import Glibc

/// How much memory may still be had before the system ends processes for the lack of it.
package struct MemoryRoom: Equatable, Sendable {
  package var byteCount: Int
  /// What sets the bound, as a message tells it.
  package var bound: String

  package init(byteCount: Int, bound: String) {
    self.byteCount = byteCount
    self.bound = bound
  }

  /// The lesser of two.
  static func least(_ rooms: [MemoryRoom]) -> MemoryRoom {
    rooms.min { $0.byteCount < $1.byteCount }
      ?? MemoryRoom(byteCount: .max, bound: "no bound")
  }
}

/// The bounds that hold for this process and for others together: the machine's memory, and the
/// limits of control groups in both versions of the kernel's interface.
package struct MemoryLimits: Sendable {
  private struct Group {
    /// Files of which each holds a limit.
    var limits: [String]
    var usage: String
    var statistics: String
    /// Lines of `statistics` that count memory which the kernel takes back when it needs to.
    var reclaimable: [String]
    /// Limit and usage of swap, where they are counted by themselves.
    var swap: (limit: String, usage: String)?
    /// Whether the limit is one of memory and swap together.
    var includesSwap = false
  }

  private let groups: [Group]
  private let memoryFile: String

  /// Those of this process.
  package static let current = MemoryLimits(root: "")

  /// Finds the groups in a tree that has `proc/self/cgroup` and `sys/fs/cgroup` as the kernel gives
  /// them: that of the process and all above it. Groups without a limit are kept, as they may be
  /// given one.
  package init(root: String) {
    let mounted = root + "/sys/fs/cgroup"
    let membership = ProcessorLimits.parseMembership(
      TextFile.read(root + "/proc/self/cgroup") ?? "")
    var groups: [Group] = []
    for path in ProcessorLimits.ancestors(of: membership.unified) {
      for folder in [mounted + path, mounted + "/unified" + path] {
        groups.append(
          Group(
            limits: ["\(folder)/memory.max", "\(folder)/memory.high"],
            usage: "\(folder)/memory.current", statistics: "\(folder)/memory.stat",
            reclaimable: ["inactive_file", "active_file", "slab_reclaimable"],
            swap: ("\(folder)/memory.swap.max", "\(folder)/memory.swap.current")))
      }
    }
    for path in ProcessorLimits.ancestors(of: membership.memoryController) {
      let folder = "\(mounted)/memory\(path)"
      for (name, includesSwap) in [("memory", false), ("memory.memsw", true)] {
        groups.append(
          Group(
            limits: ["\(folder)/\(name).limit_in_bytes"],
            usage: "\(folder)/\(name).usage_in_bytes", statistics: "\(folder)/memory.stat",
            reclaimable: ["total_inactive_file", "total_active_file"],
            includesSwap: includesSwap))
      }
    }
    self.groups = groups.filter { access($0.usage, R_OK) == 0 }
    memoryFile = root + "/proc/meminfo"
  }

  /// The least room of all; exact only where it is less than what is needed.
  package func room(needed: Int) -> MemoryRoom {
    let machine = TextFile.read(memoryFile) ?? ""
    let freeSwap = (Self.sum(of: ["SwapFree:"], in: machine) ?? 0) << 10
    var rooms: [MemoryRoom] = []
    if let available = Self.sum(of: ["MemAvailable:"], in: machine) {
      rooms.append(
        MemoryRoom(byteCount: available << 10 + freeSwap, bound: "the memory of the machine"))
    }
    for group in groups { rooms += room(in: group, needed: needed, freeSwap: freeSwap) }
    return .least(rooms)
  }

  private func room(in group: Group, needed: Int, freeSwap: Int) -> [MemoryRoom] {
    let limits = group.limits.compactMap { file in Self.limit(file).map { (file, $0) } }
    guard let (file, limit) = limits.min(by: { $0.1 < $1.1 }),
      let usage = Self.limit(group.usage)
    else { return [] }
    var room = limit - usage
    if room < needed {
      // What the kernel would take back takes longer to read.
      let statistics = TextFile.read(group.statistics) ?? ""
      room += Self.sum(of: group.reclaimable, in: statistics) ?? 0
      if !group.includesSwap { room += swap(of: group, free: freeSwap) }
    }
    return [MemoryRoom(byteCount: max(0, room), bound: file)]
  }

  private func swap(of group: Group, free: Int) -> Int {
    guard free > 0, let files = group.swap, let limit = Self.limit(files.limit) else { return free }
    return max(0, min(free, limit - (Self.limit(files.usage) ?? 0)))
  }

  /// The number that a file holds; nil for `max`, and for numbers beyond any machine, by which
  /// version 1 says the same.
  private static func limit(_ path: String) -> Int? {
    guard let text = TextFile.read(path), let number = Int(text.prefix { !$0.isWhitespace }),
      number < 1 << 60
    else { return nil }
    return number
  }

  /// The sum of the numbers of lines such as `MemAvailable: 100 kB` or `active_file 4096`; nil
  /// where there is none.
  private static func sum(of names: [String], in text: String) -> Int? {
    var text = text
    return text.withUTF8 { bytes in
      var sum: Int?
      var start = 0
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        for name in names {
          let rest = bytes[start..<end].dropFirst(name.utf8.count)
          guard rest.first == UInt8(ascii: " "), bytes[start..<end].starts(with: name.utf8)
          else { continue }
          var number = 0
          for byte in rest.drop(while: { $0 == UInt8(ascii: " ") }) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), number < 1 << 58
            else { break }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
          }
          sum = (sum ?? 0) + number
        }
        start = end + 1
      }
      return sum
    }
  }
}

/// The bounds that hold for this process alone, by which the system refuses.
package enum ProcessMemoryLimits {
  /// What tensors leave besides, as these bounds count what is reserved and not written.
  private static let reserve = 32 << 20

  /// The least room below `ulimit -v` and `ulimit -d` of a process whose sizes are those of
  /// `/proc/self/statm`.
  package static func room(
    addresses: UInt, data: UInt, pageCounts: String, pageSize: Int, reserve: Int = 0
  ) -> MemoryRoom {
    let pages = pageCounts.split(whereSeparator: \.isWhitespace).map { Int($0) ?? 0 }
    guard pages.count > 5 else { return .least([]) }
    var rooms: [MemoryRoom] = []
    for (limit, used, name) in [(addresses, pages[0], "ulimit -v"), (data, pages[5], "ulimit -d")] {
      if let limit = Int(exactly: limit), limit < 1 << 60 {
        rooms.append(MemoryRoom(byteCount: max(0, limit - used * pageSize - reserve), bound: name))
      }
    }
    return .least(rooms)
  }

  static func room() -> MemoryRoom {
    func limit(_ resource: __rlimit_resource) -> UInt {
      var limit = rlimit()
      let status = getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
      return status == 0 ? UInt(limit.rlim_cur) : .max
    }
    let (addresses, data) = (limit(RLIMIT_AS), limit(RLIMIT_DATA))
    // Most processes have neither.
    if addresses == .max && data == .max { return .least([]) }
    return room(
      addresses: addresses, data: data, pageCounts: TextFile.read("/proc/self/statm") ?? "",
      pageSize: SystemMemory.pageSize, reserve: reserve)
  }
}
