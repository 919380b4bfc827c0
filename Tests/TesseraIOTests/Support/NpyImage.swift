import Tessera

/// The bytes of an .npy file, put together by hand.
struct NpyImage {
  var version: [UInt8] = [1, 0]
  var header: String
  /// What stands for the length of the header; nil for the truth.
  var claimedLength: Int?
  var body: [UInt8] = []

  init(_ header: String, version: [UInt8] = [1, 0], claimedLength: Int? = nil, body: [UInt8] = []) {
    self.header = header
    self.version = version
    self.claimedLength = claimedLength
    self.body = body
  }

  /// A header that is right but for what is said otherwise.
  init(
    descr: String = "'<f4'", order: String = "False", shape: String = "(2,)", body: Int = 8
  ) {
    self.init(
      "{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape), }\n",
      body: [UInt8](repeating: 0, count: body))
  }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  var bytes: [UInt8] {
    let text = Array(header.utf8)
    let length = claimedLength ?? text.count
    let places = version[0] == 1 ? 2 : 4
    let digits = (0..<places).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return Self.magic + version + digits + text + body
  }
}
