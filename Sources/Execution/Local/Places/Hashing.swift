import Machine
import Shapes

extension HostExecutor {
  /// A hash of a contiguous block's bits in row-major order, the same on every machine of this byte
  /// order.
  public func hash(_ block: StridedBlock) throws(TensorError) -> Int64 {
    let byteCount = block.range.byteCount
    let length = 64 << 10
    let count = (byteCount + length - 1) / length
    let hashes = try allocate([count], .uint64)
    withExtendedLifetime((block.storage, hashes.storage)) {
      let bytes = UnsafeRawBufferPointer(block.range.bytes)
      let parts = hashes.base
      pool.run(count: count, at: block.place(elementsPerTask: length / block.type.byteCount)) {
        let first = $0 * length
        let part = UnsafeRawBufferPointer(rebasing: bytes[first..<min(first + length, byteCount)])
        parts.storeBytes(of: Self.hash(part), toByteOffset: $0 * 8, as: UInt64.self)
      }
    }
    var hash = StableHash()
    hash.combine(byteCount)
    withExtendedLifetime(hashes.storage) {
      for part in 0..<count {
        hash.combine(word: hashes.base.load(fromByteOffset: part * 8, as: UInt64.self))
      }
    }
    return hash.number
  }

  /// Four hashes side by side, as one would wait for each of its multiplications.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var lanes = SIMD4<UInt64>(1, 2, 3, 4)
    func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
      let product = (lane ^ word) &* 0x9e37_79b9_7f4a_7c15
      return product ^ product >> 32
    }
    func mix(_ words: UnsafeRawPointer) {
      let (a, b, c, d) = words.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
      lanes = SIMD4(step(lanes.x, a), step(lanes.y, b), step(lanes.z, c), step(lanes.w, d))
    }
    let whole = bytes.count & ~31
    for offset in stride(from: 0, to: whole, by: 32) { mix(bytes.baseAddress! + offset) }
    if whole < bytes.count {
      withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { rest in
        rest.initializeMemory(as: UInt8.self, repeating: 0)
        rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[whole...]))
        mix(rest.baseAddress!)
      }
    }
    return step(step(step(lanes.x, lanes.y), lanes.z), lanes.w)
  }
}
