import Execution
import Foundation
import Tessera
import TesseraIO
import TestSupport
import Testing

/// 100 000 files that are almost .npy files: none crashes the reader, makes it take more memory
/// than the file has, or is read as something that is not there.
@Suite struct NpyFuzzTests {
  private static let seed: UInt64 = 20_250_611
  private static let count = 100_000
  /// What a process of the test may take on top of what it has: far more than files of a few
  /// hundred bytes need, far less than the sizes that their headers claim.
  private static let memoryLimit = 32 << 20

  /// The good files that NumPy wrote, and one of each version.
  private static var originals: [NpyMutator.Original] {
    NumPyFiles.all.compactMap { name in
      guard let file = try? NpyFile(NumPyFiles.path(name)) else { return nil }
      let bytes = NumPyFiles.bytes(name)
      let size = file.shape.elementCount * file.scalarType.byteCount
      return NpyMutator.Original(bytes: bytes, dataOffset: bytes.count - size)
    }
  }

  /// In a process of its own, so that a crash is a failure of this test and the limit nobody
  /// else's.
  @Test func mutatedFiles() async {
    await #expect(processExitsWith: .success) {
      let tally = try Self.fuzz()
      #expect(tally.complaints.isEmpty, "seed \(Self.seed): \(tally.complaints)")
      // Neither all nor nothing was refused, changed headers were read too, and reasons were many.
      #expect(
        tally.refused > Self.count / 4 && tally.readThoughChanged > Self.count / 100, "\(tally)")
      #expect(tally.reasons.count >= 16, "\(tally)")
    }
  }

  /// What the runs came to.
  private struct Tally {
    var readThoughChanged = 0
    var refused = 0
    var reasons: Set<String> = []
    var complaints: [String] = []
  }

  private static func fuzz() throws -> Tally {
    var mutator = NpyMutator(originals, seed: seed)
    let judge = NpyJudge()
    let file = NamelessFile()
    return try onOneRank { runtime in
      var tally = Tally()
      // What is made once is there before the limit holds.
      _ = outcome(of: file, NpyImage().bytes, on: runtime)
      try limitMemory()
      for number in 0..<count {
        let mutant = mutator.next()
        let (outcome, memory) = outcome(of: file, mutant.bytes, on: runtime)
        switch outcome {
        case .read: if !mutant.isGood { tally.readThoughChanged += 1 }
        case .refused(let message):
          tally.refused += 1
          // What was expected, whatever the numbers.
          let reason = message.split(separator: "; expected ").last ?? ""
          tally.reasons.insert(reason.filter { !$0.isNumber && !"[], ".contains($0) })
        }
        let complaint = judge.complaint(
          about: mutant.bytes, isGood: mutant.isGood, outcome, memory: memory)
        if let complaint, tally.complaints.count < 5 {
          tally.complaints.append("file \(number): \(complaint): \(mutant.bytes)")
        }
      }
      return tally
    }
  }

  /// Reads a file through the public doors, and what of the arena that took.
  private static func outcome(
    of file: NamelessFile, _ bytes: [UInt8], on runtime: Runtime
  ) -> (NpyJudge.Outcome, memory: Int) {
    file.replaceContents(with: bytes)
    let before = runtime.arena.statistics.inUse
    runtime.arena.resetPeak()
    var memory: Int { runtime.arena.statistics.peak - before }
    do {
      let npy = try NpyFile(file.path)
      let type = NumPyFiles.types.first { $0.scalarType == npy.scalarType }!
      func read<Scalar: NumPySample>(_ type: Scalar.Type) throws -> (NpyJudge.Outcome, Int) {
        let tensor: Tensor<Scalar> = try npy.tensor()
        let taken = memory
        let elements = tensor.withUnsafeBuffer { Array(UnsafeRawBufferPointer($0)) }
        return (.read(npy.scalarType, tensor.shape, elements), taken)
      }
      return try read(type)
    } catch {
      return (.refused("\(error)"), memory)
    }
  }

  /// Lets this process take little memory more (RLIMIT_DATA).
  private static func limitMemory() throws {
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
      .split(separator: " ").map { UInt($0) ?? 0 }
    var limit = rlimit()
    limit.rlim_cur = pages[5] * UInt(sysconf(Int32(_SC_PAGESIZE))) + UInt(memoryLimit)
    limit.rlim_max = limit.rlim_cur
    guard setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0 else {
      throw TensorError("setrlimit", given: "\(limit.rlim_cur)", expected: "a limit that is taken")
    }
  }

  // MARK: Controls

  @Test func theLimitOfMemoryHolds() async {
    await #expect(processExitsWith: .success) {
      try Self.limitMemory()
      let memory = malloc(2 * Self.memoryLimit)
      #expect(memory == nil)
      free(memory)
    }
  }

  @Test func theJudgeComplains() throws {
    let judge = NpyJudge()
    let good = NumPyFiles.bytes("i4-big-fortran")
    let elements = [Int32.min, 1, 2, 3, 77, .max].flatMap {
      withUnsafeBytes(of: $0.littleEndian) { Array($0) }
    }
    func complaint(
      _ outcome: NpyJudge.Outcome, memory: Int = 24, isGood: Bool = true, _ bytes: [UInt8]? = nil
    ) -> String? {
      judge.complaint(about: bytes ?? good, isGood: isGood, outcome, memory: memory)
    }
    let right = NpyJudge.Outcome.read(.int32, [2, 3], elements)
    #expect(complaint(right) == nil)
    var wrong = elements
    wrong.swapAt(4, 8)
    let refused = "NpyFile: given "
    let complaints = [
      complaint(right, memory: good.count + 1),
      complaint(.read(.int32, [3, 2], elements)),
      complaint(.read(.int32, [2, 3], wrong)),
      complaint(.read(.int32, [2, 2], Array(elements.prefix(16)))),
      complaint(.read(.uint8, [2, 3], Array(elements.prefix(6)))),
      complaint(.read(.int32, [Int.max, 3], elements)),
      complaint(right, Array(good.dropLast())),
      complaint(right, [0] + good.dropFirst()),
      complaint(.refused(refused)),
      complaint(.refused("no such file"), isGood: false),
      complaint(.refused(refused + "\u{1b}[31m"), isGood: false),
      complaint(.refused(refused + String(repeating: "x", count: 600)), isGood: false),
    ]
    #expect(complaints.allSatisfy { $0 != nil }, "\(complaints)")
    #expect(complaint(.refused(refused), isGood: false) == nil)
  }
}

/// A file without a name for as long as this object lives, in memory where the system has a place
/// for such files (mkstemp, unlink).
private final class NamelessFile {
  private let descriptor: Int32

  init() {
    let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : NSTemporaryDirectory()
    var name = Array((folder + "tessera-XXXXXX").utf8CString)
    descriptor = mkstemp(&name)
    precondition(descriptor >= 0 && unlink(name) == 0, "a file without a name")
  }

  deinit { close(descriptor) }

  var path: String { "/proc/self/fd/\(descriptor)" }

  func replaceContents(with bytes: [UInt8]) {
    let isWritten =
      ftruncate(descriptor, bytes.count) == 0
      && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
    precondition(isWritten, "contents that differ from what is judged")
  }
}
