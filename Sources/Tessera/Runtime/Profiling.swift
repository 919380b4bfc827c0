import Execution

/// What the operations in a closure did on this rank: how often each was called, how long it took,
/// the passes that it was made of with their bytes, and what was stored on the way and why. Print
/// it.
///
/// Large elementwise operations wait until somebody asks for their elements; their work is part of
/// the operation that asks. So ask for what is to be measured within the closure. Times count each
/// rank's own work and waiting; a profile of its own within the closure keeps its operations to
/// itself.
///
/// Local. Each operation takes about a microsecond longer; at the end all workers copy 64 MiB a few
/// times, as a measure beside the bytes per second.
public func profile(_ body: () throws -> Void) rethrows -> Profile {
  try Runtime.current.profile(body)
}
