import Glibc

/// Numbers of bytes as people write and read them.
package enum ByteCount {
  /// The units that are read, and what each stands for.
  private static let units: [(name: String, byteCount: Double)] = [
    ("TiB", 0x1p40), ("GiB", 0x1p30), ("MiB", 0x1p20), ("KiB", 0x1p10),
    ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("KB", 1e3), ("B", 1),
  ]

  /// What `parse` takes, for messages.
  package static let expected =
    "a number of bytes above 0 with or without a unit, such as 4GiB or 500MB"

  /// `4GiB`, `1.5 GiB`, `500MB`, `1048576`; nil for anything else, and for less than a byte.
  package static func parse(_ text: String) -> Int? {
    let unit = units.first { text.hasSuffix($0.name) }
    let number = text.dropLast(unit?.name.count ?? 0)
    let digits = number.last == " " && unit != nil ? number.dropLast() : number
    // Only digits and a point: Double would also read signs, exponents and names.
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
      let value = Double(digits),
      let bytes = Int(exactly: (value * (unit?.byteCount ?? 1)).rounded())
    else { return nil }
    return bytes > 0 ? bytes : nil
  }

  /// `4 MiB`, `1.53 GiB`, `100 bytes`: rounded where a unit does not divide it.
  package static func text(_ byteCount: Int) -> String {
    guard let unit = units.prefix(4).first(where: { Double(byteCount) >= $0.byteCount }) else {
      return "\(byteCount) byte\(byteCount == 1 ? "" : "s")"
    }
    let hundredths = (Double(byteCount) / unit.byteCount * 100).rounded()
    let (whole, part) = Int(hundredths).quotientAndRemainder(dividingBy: 100)
    let digits = part % 10 == 0 ? "\(part / 10)" : (part < 10 ? "0\(part)" : "\(part)")
    return "\(whole)\(part == 0 ? "" : ".\(digits)") \(unit.name)"
  }

  /// `4194304 bytes (4 MiB)`: the number itself, and what it is about.
  package static func exactText(_ byteCount: Int) -> String {
    byteCount < 1 << 10 ? text(byteCount) : "\(byteCount) bytes (\(text(byteCount)))"
  }
}
