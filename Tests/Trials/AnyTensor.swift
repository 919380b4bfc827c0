import Execution
import Tessera

/// A tensor of any scalar type, as the variables of a program are.
protocol AnyTensor: Sendable {
  /// The same operation whatever the type: what a program may do with it is looked up by its type.
  func perform(_ step: Step, in environment: inout Environment) throws -> [any AnyTensor]?
  /// Compares all elements with what a program expects.
  func complaint(about check: Check) throws -> String?
  func asMask() throws -> Tensor<Bool>
  func asTerm() throws -> IndexTerm
}

extension Tensor: AnyTensor {
  func perform(_ step: Step, in environment: inout Environment) throws -> [any AnyTensor]? {
    if let result = try (self as? any FloatingPointTensor)?.performFloating(step, &environment) {
      return result
    }
    if let result = try (self as? any IntegerTensor)?.performInteger(step, &environment) {
      return result
    }
    if let result = try (self as? any NumericTensor)?.performNumeric(step, &environment) {
      return result
    }
    if let mask = self as? Tensor<Bool>, let result = try mask.performBoolean(step, &environment) {
      return result
    }
    return try performAny(step, &environment)
  }

  func asMask() throws -> Tensor<Bool> {
    guard let mask = self as? Tensor<Bool> else { throw Malformed("a mask of \(Scalar.self)") }
    return mask
  }

  func asTerm() throws -> IndexTerm {
    guard let index = self as? any TensorIndex else {
      throw Malformed("an index of \(Scalar.self)")
    }
    return index.indexTerm
  }
}

protocol NumericTensor {
  func performNumeric(_ step: Step, _ environment: inout Environment) throws -> [any AnyTensor]?
}
protocol IntegerTensor {
  func performInteger(_ step: Step, _ environment: inout Environment) throws -> [any AnyTensor]?
}
protocol FloatingPointTensor {
  func performFloating(_ step: Step, _ environment: inout Environment) throws -> [any AnyTensor]?
}
extension Tensor: NumericTensor where Scalar: NumericTensorScalar {}
// A conditional conformance cannot be refined by another: each type says what it is.
extension Tensor: IntegerTensor where Scalar: IntegerTensorScalar {}
extension Tensor: FloatingPointTensor where Scalar: FloatingPointTensorScalar {}

/// A program that its reader does not understand.
struct Malformed: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The scalar types by their names in programs.
func withScalar<R>(
  named name: Substring, _ body: (any TensorScalar.Type) throws -> R
) throws -> R {
  let types: [Substring: any TensorScalar.Type] = [
    "float32": Float.self, "float64": Double.self, "int8": Int8.self, "int16": Int16.self,
    "int32": Int32.self, "int64": Int64.self, "uint8": UInt8.self, "uint16": UInt16.self,
    "uint32": UInt32.self, "uint64": UInt64.self, "bool": Bool.self,
  ]
  guard let type = types[name] else { throw Malformed("the type \(name)") }
  return try body(type)
}
