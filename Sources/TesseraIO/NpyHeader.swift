import Shapes

/// What an .npy file says of itself: scalar type, byte order, order of axes, shape, and where the
/// elements begin.
///
/// The format is that of NumPy's NEP 1, versions 1.0, 2.0 and 3.0.
struct NpyHeader: Hashable, Sendable {
  var scalarType: ScalarType
  var isBigEndian = false
  /// Elements lie with the first axis as the innermost.
  var isFortranOrder = false
  var shape: Shape
  /// The first byte of the elements.
  var dataOffset: Int

  /// The bytes of all elements.
  var dataByteCount: Int { shape.elementCount * scalarType.byteCount }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// NumPy's arrays have at most so many axes.
  static let mostAxes = 64
  /// Longer headers belong to structured types, which are refused anyway.
  static let mostHeaderBytes = 1 << 16
}

// Writing
extension NpyHeader {
  /// A header of version 1.0 in this machine's byte order and row-major order.
  init(describing scalarType: ScalarType, _ shape: Shape) {
    self.scalarType = scalarType
    self.shape = shape
    isBigEndian = Self.machineIsBigEndian
    dataOffset = 0
    dataOffset = encoded.count
  }

  static let machineIsBigEndian = UInt16(1).bigEndian == 1

  /// The bytes before the elements, padded so that those begin at a multiple of 64.
  var encoded: [UInt8] {
    let extents = shape.map { "\($0)," }.joined(separator: " ")
    // A tuple of one needs its comma; NumPy writes none behind the last of several.
    let tuple = shape.count == 1 ? extents : String(extents.dropLast())
    let order = isFortranOrder ? "True" : "False"
    var bytes = Array(
      "{'descr': '\(typeCode)', 'fortran_order': \(order), 'shape': (\(tuple)), }".utf8)
    let fixed = Self.magic.count + 4
    let padding = (64 - (fixed + bytes.count + 1) % 64) % 64
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    let length = [UInt8(bytes.count & 0xff), UInt8(bytes.count >> 8)]
    return Self.magic + [1, 0] + length + bytes
  }

  private var typeCode: String {
    let order = scalarType.byteCount == 1 ? "|" : isBigEndian ? ">" : "<"
    return order + scalarType.traits.fileCode
  }
}
