import Shapes

extension HostExecutor {
  /// Computes few elements that are a single function of blocks and numbers, without a program;
  /// false for others, such as those that lie apart from each other.
  func evaluateSingle(_ elements: Elements, into target: StridedBlock) -> Bool {
    let count = target.elementCount
    guard count <= Self.elementsPerTask, target.shape.count <= 2,
      let (function, arguments) = elements.program.onlyFunction,
      elements.program.resultType == target.type, target.isContiguous
    else { return false }
    // Rows that blocks repeat, or all as one row.
    var row = count
    var places: (RowPlace, RowPlace, RowPlace) = (.none, .none, .none)
    for position in 0..<arguments.count {
      guard let place = RowPlace(arguments[position], of: elements, over: target) else {
        return false
      }
      if place.isOfRows { row = target.shape.last! }
      switch position {
      case 0: places.0 = place
      case 1: places.1 = place
      default: places.2 = place
      }
    }
    let valueType = elements.type(of: arguments[function.typedValue])
    // Short rows are better packed, and chains take the others together.
    let isOfChains = function.link != nil && valueType.hasChains && count >= 8 * row
    guard row == count || row >= 16 && !isOfChains,
      places.0.step | places.1.step | places.2.step == 1
    else { return false }
    let type = valueType.kernel
    let size = target.type.byteCount
    withUnsafePointer(to: elements.constant(arguments[0])) { first in
      withUnsafePointer(to: elements.constant(arguments[1])) { second in
        withUnsafePointer(to: elements.constant(arguments[2])) { third in
          for number in 0..<count / row {
            function.invoke(
              type, places.0.place(number, row, first), places.1.place(number, row, second),
              places.2.place(number, row, third), into: target.base + number * row * size, row)
          }
        }
      }
    }
    return true
  }
}

/// Where a value's elements lie, row by row of a contiguous target.
private struct RowPlace {
  /// Nil for a number.
  let base: UnsafeMutableRawPointer?
  /// Bytes of an element.
  let size: Int
  /// Elements from one to the next in a row: 1, or 0 where one is repeated.
  let step: Int
  /// Elements from row to row; nil where elements go on as the target's do, however long a row is.
  let distance: Int?

  static var none: RowPlace { RowPlace(base: nil, size: 0, step: 0, distance: nil) }

  private init(base: UnsafeMutableRawPointer?, size: Int, step: Int, distance: Int?) {
    (self.base, self.size, self.step, self.distance) = (base, size, step, distance)
  }

  /// Nil where elements of a row do not follow each other, or are those that are written.
  init?(_ value: Program.Value, of elements: Elements, over target: StridedBlock) {
    guard let number = elements.program.operandNumber(of: value) else {
      self = .none
      return
    }
    let block = elements.blocks[number]
    let size = block.type.byteCount
    if block.elementCount == 1, block.storage !== target.storage {
      self.init(base: block.base, size: size, step: 0, distance: nil)
      return
    }
    if block.shape == target.shape, block.isContiguous {
      guard block.storage !== target.storage || block.base == target.base else { return nil }
      self.init(base: block.base, size: size, step: 1, distance: nil)
      return
    }
    guard block.storage !== target.storage, !block.isTurned, target.shape.count == 2 else {
      return nil
    }
    let strides = block.expanded(to: target.shape).layout.strides
    guard 0...1 ~= strides[1] else { return nil }
    self.init(base: block.base, size: size, step: strides[1], distance: strides[0])
  }

  var isOfRows: Bool { distance != nil }

  /// - Parameter constant: the number that it is, where it is one.
  func place(_ number: Int, _ row: Int, _ constant: UnsafePointer<UInt64>) -> ElementFunction.Place
  {
    guard let base else { return (UnsafeMutableRawPointer(mutating: constant), 0) }
    return (base + number * (distance ?? step * row) * size, step)
  }
}

extension Elements {
  /// The bits of the number that a value is; 0 where it is none.
  fileprivate func constant(_ value: Program.Value) -> UInt64 {
    program.constantNumber(of: value).map { constants[$0].bits } ?? 0
  }
}

extension Program {
  /// Its only function, where it has just one, of operands and constants, and keeps nothing
  /// besides.
  fileprivate var onlyFunction: (function: ElementFunction, arguments: Arguments)? {
    guard stored.isEmpty, case .apply(let function, let arguments) = instructions[lastValue] else {
      return nil
    }
    for index in 0..<lastValue where instructions[index].isComputed { return nil }
    return (function, arguments)
  }

  fileprivate func operandNumber(of value: Value) -> Int? {
    if case .operand(let number) = instructions[value] { number } else { nil }
  }

  fileprivate func constantNumber(of value: Value) -> Int? {
    if case .constant(let number) = instructions[value] { number } else { nil }
  }
}
