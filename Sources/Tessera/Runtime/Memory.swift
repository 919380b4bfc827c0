import Execution
import Machine

/// This rank's memory for tensors.
public enum Memory {
  /// Counters of this rank's arena, in bytes and allocations. Local.
  public static var statistics: MemoryStatistics { Runtime.current.arena.statistics }

  /// Gives memory that no tensor uses back to the system.
  public static func trim() { Runtime.current.arena.trim() }

  /// The most bytes that this rank may have of the system for tensors; nil, as at the start without
  /// `TESSERA_MEMORY_CAP`, for as much as there is. Local: each rank may have its own.
  ///
  /// A request beyond it first gets memory that is cached for later given back to the system. If
  /// that does not make room it is an error like a lack of memory: the operation throws where it
  /// has a throwing form and ends the job where it has none, with who asked for what, the cap, and
  /// who holds how much. Nothing beyond the cap is asked of the system.
  ///
  /// Blocks are up to an eighth larger than what is in them, and small ones are cut from chunks of
  /// up to 8 MiB; all of it counts. Memory shared from the user does not, nor what is not of
  /// tensors: messages of MPI and of ranks that share memory, the program itself.
  ///
  /// A cap below what is in use leaves that as it is, and refuses what comes.
  public static var cap: Int? {
    get { Runtime.current.arena.limit }
    set {
      let runtime = Runtime.current
      orEnd(runtime) { () throws(TensorError) in
        guard newValue ?? 0 >= 0 else {
          throw TensorError(
            "Memory.cap", given: "\(newValue ?? 0) bytes", expected: "0 or more, or nil",
            rank: runtime.communicator.rank)
        }
        runtime.arena.limit = newValue
      }
    }
  }

  /// Who holds memory: storages of 256 KiB and more that are in use, by shape, scalar type and the
  /// operation that made them, the largest together first; and memory shared from the user. Local.
  public static var holders: [MemoryHolder] { Runtime.current.arena.holders }
}
