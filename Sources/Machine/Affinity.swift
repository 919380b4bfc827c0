import CNUMA
import Glibc

/// The CPU mask of a thread, as the kernel keeps it.
package enum Affinity {
  /// The CPUs on which the thread of that kernel number may run (0: the calling thread), ascending,
  /// or nil where the kernel does not say. `numa_sched_getaffinity(3)`.
  package static func cpus(ofThread thread: Int32 = 0) -> [Int]? {
    guard let mask = numa_allocate_cpumask() else { return nil }
    defer { numa_bitmask_free(mask) }
    guard numa_sched_getaffinity(thread, mask) >= 0 else { return nil }
    return (0..<Int(mask.pointee.size)).filter {
      numa_bitmask_isbitset(mask, CUnsignedInt($0)) != 0
    }
  }

  /// The CPU that the calling thread is on at this moment, or nil. `sched_getcpu(3)`
  package static var currentCPU: Int? {
    let cpu = Int(sched_getcpu())
    return cpu < 0 ? nil : cpu
  }

  /// Moves the calling thread to a CPU, where it may stay or not, as before; nothing where it may
  /// not run there.
  static func move(to cpu: Int) {
    guard let allowed = cpus(), allowed.contains(cpu), set([cpu]) == nil else { return }
    _ = set(allowed)
  }

  /// Lets the calling thread run on `cpus` only. Returns what the kernel objected to, or nil.
  /// `numa_sched_setaffinity(3)`.
  package static func set(_ cpus: [Int]) -> String? {
    guard let mask = numa_allocate_cpumask() else { return "no memory for a CPU mask" }
    defer { numa_bitmask_free(mask) }
    for cpu in cpus where cpu >= 0 && cpu < Int(mask.pointee.size) {
      numa_bitmask_setbit(mask, CUnsignedInt(cpu))
    }
    guard numa_sched_setaffinity(0, mask) < 0 else { return nil }
    return "sched_setaffinity to CPUs \(cpus): \(SystemError.last)"
  }
}

/// The kernel's numbers of threads.
package enum KernelThread {
  /// That of the calling thread. `gettid(2)`.
  package static var number: Int32 { cnuma_thread_number() }
}

/// The C library's words for its error codes.
enum SystemError {
  /// What the last failed call of this thread left in `errno`. `strerror(3)`.
  static var last: String { describe(errno) }

  static func describe(_ code: CInt) -> String {
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
  }
}
