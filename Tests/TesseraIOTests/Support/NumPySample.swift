import Foundation
import Tessera

/// A scalar type with the six values of `Data/make_data.py`, by which files of NumPy itself are
/// read.
protocol NumPySample: TensorScalar {
  /// NumPy's letter and bytes, after which the files are named.
  static var code: String { get }
  static var sample: [Self] { get }
}

extension NumPySample where Self: FixedWidthInteger {
  static var code: String {
    (isSigned ? "i" : "u") + "\(MemoryLayout<Self>.size)"
  }
  static var sample: [Self] { [.min, 1, 2, 3, 77, .max] }
}

extension NumPySample where Self: BinaryFloatingPoint {
  static var code: String { "f\(MemoryLayout<Self>.size)" }
  static var sample: [Self] { [-.infinity, -1.5, -0.0, 0.1, .greatestFiniteMagnitude, .nan] }
}

extension Float: NumPySample {}
extension Double: NumPySample {}
extension Int8: NumPySample {}
extension Int16: NumPySample {}
extension Int32: NumPySample {}
extension Int64: NumPySample {}
extension Int: NumPySample {}
extension UInt8: NumPySample {}
extension UInt16: NumPySample {}
extension UInt32: NumPySample {}
extension UInt64: NumPySample {}
extension Bool: NumPySample {
  static var code: String { "b1" }
  static var sample: [Bool] { [true, false, true, false, false, true] }
}

/// The files of `Data`.
enum NumPyFiles {
  static let types: [any NumPySample.Type] = [
    Float.self, Double.self, Int8.self, Int16.self, Int32.self, Int64.self, Int.self, UInt8.self,
    UInt16.self, UInt32.self, UInt64.self, Bool.self,
  ]

  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Data/\(name).npy").path
  }

  static func bytes(_ name: String) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path(name)) else {
      fatalError("\(path(name)) cannot be read; make_data.py makes it")
    }
    return Array(data)
  }

  /// The names of all.
  static var all: [String] {
    let folder = URL(fileURLWithPath: path("x")).deletingLastPathComponent().path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }.sorted()
  }
}

extension Tensor {
  /// The elements as bits, by which NaN equals itself and −0 is not 0.
  var bits: [UInt64] { scalars.map(\.scalarValue.bits) }
}
