import CKernels
import Shapes

/// What an elementwise operation does to the elements of its operands: a function of one to three
/// values, all of one type but for masks. This is the one place that knows what each kind of
/// function takes, gives and calls.
public enum ElementFunction: Hashable, Sendable {
  case unary(UnaryFunction)
  case classify(Classification)
  case binary(BinaryFunction)
  case compare(Comparison)
  case ternary(TernaryFunction)
  /// The second value where the first holds, else the third.
  case select
  /// The second value where the first holds, else 0.
  case keep
  case convert(to: ScalarType)

  /// What users call it.
  public var name: String {
    switch self {
    case .unary(let function): function.name
    case .classify(let classification): classification.name
    case .binary(let function): function.name
    case .compare(let comparison): comparison.name
    case .ternary(let function): function.name
    case .select: "select"
    case .keep: "kept"
    case .convert: "converted"
    }
  }

  /// A number for each function.
  var code: UInt64 {
    switch self {
    case .unary(let function): 1 << 8 | UInt64(function.rawValue)
    case .classify(let function): 2 << 8 | UInt64(function.rawValue)
    case .binary(let function): 3 << 8 | UInt64(function.rawValue)
    case .compare(let comparison): 4 << 8 | UInt64(comparison.rawValue)
    case .ternary(let function): 5 << 8 | UInt64(function.rawValue)
    case .select: 6 << 8
    case .keep: 7 << 8
    case .convert(let type): 8 << 8 | UInt64(type.rawValue)
    }
  }

  /// How many values it takes.
  var valueCount: Int {
    switch self {
    case .unary, .classify, .convert: 1
    case .binary, .compare, .keep: 2
    case .ternary, .select: 3
    }
  }

  /// Which value has the type that the function is chosen by: the first that is no mask.
  var typedValue: Int {
    switch self {
    case .select, .keep: 1
    default: 0
    }
  }

  /// Whether a kernel computes it of values of a type.
  func isDefined(for type: ScalarType) -> Bool {
    switch self {
    case .unary(let function): function.isDefined(for: type)
    case .binary(let function): function.isDefined(for: type)
    case .ternary(let function): function.isDefined(for: type)
    case .convert(let target): target != type
    case .classify, .compare, .select, .keep: true
    }
  }

  /// The type of what it gives of values of a type.
  func resultType(of type: ScalarType) -> ScalarType {
    switch self {
    case .unary, .binary, .ternary, .select, .keep: type
    case .classify, .compare: .bool
    case .convert(let target): target
    }
  }

  /// Its number among the functions that a chain takes, which differ in how many values they have;
  /// nil for others.
  var link: UInt32? {
    switch self {
    case .unary(let function): function.rawValue
    case .binary(let function): function.rawValue
    case .ternary(let function): function.rawValue
    case .classify, .compare, .select, .keep, .convert: nil
    }
  }

  /// Where the values of a run lie, and whether they advance (1) or are one that repeats (0).
  typealias Place = (pointer: UnsafeMutableRawPointer, step: Int)

  /// Computes `count` results into a run. A function of fewer values looks at the first places
  /// alone.
  @inline(__always)
  func invoke(
    _ type: tk_type, _ a: Place, _ b: Place, _ c: Place, into target: UnsafeMutableRawPointer,
    _ count: Int
  ) {
    switch self {
    case .unary(let function):
      tk_unary(function.kernel, type, target, a.pointer, count)
    case .classify(let function):
      tk_classify(function.kernel, type, bytes(target), a.pointer, count)
    case .binary(let function):
      tk_binary(function.kernel, type, target, a.pointer, a.step, b.pointer, b.step, count)
    case .compare(let function):
      tk_compare(function.kernel, type, bytes(target), a.pointer, a.step, b.pointer, b.step, count)
    case .ternary(let function):
      tk_ternary(
        function.kernel, type, target, a.pointer, a.step, b.pointer, b.step, c.pointer, c.step,
        count)
    case .select:
      tk_select(
        type, target, bytes(a.pointer), a.step, b.pointer, b.step, c.pointer, c.step, count)
    case .keep:
      withUnsafePointer(to: UInt64(0)) {
        tk_select(type, target, bytes(a.pointer), a.step, b.pointer, b.step, $0, 0, count)
      }
    case .convert(let to):
      tk_convert(to.kernel, target, type, a.pointer, count)
    }
  }

  @inline(__always)
  private func bytes(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt8> {
    pointer.assumingMemoryBound(to: UInt8.self)
  }
}
