/// One line of `/proc/self/numa_maps`: the kernel's second account of where pages lie, to check the
/// first by.
///
/// It speaks of whole mappings. Neighbouring ones may be merged into one, so that a mapping holds
/// more than the block that was asked for.
public struct NUMAMapping: Hashable, Sendable {
  /// The address of the mapping's first byte.
  public var address: UInt
  /// Bytes of the mapping, or nil where `/proc/self/maps` has no mapping that begins there.
  public var byteCount: Int?
  /// The memory policy in the kernel's words, such as `default` or `prefer:0`.
  public var policy: String
  /// Pages by the number of their node.
  public var pagesOfNode: [Int: Int]
  /// Bytes of the pages counted, where the kernel says.
  public var pageSize: Int?

  /// The mapping that holds `address`, or nil where the kernel has no such account.
  public init?(holding address: UnsafeRawPointer) {
    let begin = UInt(bitPattern: address)
    let mappings = Self.parse(TextFile.read("/proc/self/numa_maps") ?? "")
    guard let mapping = mappings.last(where: { $0.address <= begin }) else { return nil }
    self = mapping
    byteCount = Self.byteCount(
      ofMappingAt: mapping.address, in: TextFile.read("/proc/self/maps") ?? "")
  }

  /// Bytes of the mapping that begins at `address`, by a text in the format of `/proc/self/maps`.
  package static func byteCount(ofMappingAt address: UInt, in text: String) -> Int? {
    for line in text.split(separator: "\n") {
      let bounds = line.prefix { $0 != " " }.split(separator: "-")
      guard bounds.count == 2, UInt(bounds[0], radix: 16) == address,
        let end = UInt(bounds[1], radix: 16)
      else { continue }
      return Int(end - address)
    }
    return nil
  }

  private init(address: UInt, policy: String, pagesOfNode: [Int: Int], pageSize: Int?) {
    self.address = address
    self.policy = policy
    self.pagesOfNode = pagesOfNode
    self.pageSize = pageSize
  }

  /// The mappings of a text in the file's format, in its order, which is by address.
  package static func parse(_ text: String) -> [NUMAMapping] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count >= 2, let address = UInt(fields[0], radix: 16) else { return nil }
      var mapping = NUMAMapping(
        address: address, policy: String(fields[1]), pagesOfNode: [:], pageSize: nil)
      for field in fields.dropFirst(2) {
        let pair = field.split(separator: "=")
        guard pair.count == 2, let value = Int(pair[1]) else { continue }
        if pair[0] == "kernelpagesize_kB" {
          mapping.pageSize = value * 1024
        } else if pair[0].first == "N", let node = Int(pair[0].dropFirst()) {
          mapping.pagesOfNode[node] = value
        }
      }
      return mapping
    }
  }
}
