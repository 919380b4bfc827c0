import Machine
import Shapes
import Synchronization

/// A result that has not been computed yet: a function of each element of blocks and of other such
/// results, all of one local shape, or the product of two matrices.
///
/// A chain of them becomes one program, evaluated in one pass. Only metadata is fixed before; where
/// the elements will lie is decided when they are asked for.
// Unchecked because operands and outcome change when it is evaluated, which the runtime's lock
// orders.
public final class Deferred: @unchecked Sendable {
  enum Operand {
    case block(StridedBlock)
    case deferred(Deferred)
  }

  enum Outcome {
    case pending
    case computed(StridedBlock)
    case failed(TensorError)
  }

  /// What it is of its operands.
  enum Work {
    case function(AppliedFunction)
    /// Its only operand, a view as no tensor has one.
    case view
    /// The product of two matrices. One that only elementwise work reads needs no place of its own:
    /// each tile is worked on as soon as it is there.
    case product
  }

  /// So many instructions, or so many blocks, one pass takes at most: registers stay in the
  /// first-level cache, and a processor follows few streams at a time.
  static let limits = Size(instructions: 24, blocks: 8)

  struct Size {
    var instructions: Int
    var blocks: Int

    var isWithinLimits: Bool { instructions <= limits.instructions && blocks <= limits.blocks }
  }

  let work: Work
  /// What users call that.
  let name: String
  let type: ScalarType
  let shape: Shape
  /// Instructions and blocks, at most: those that are met twice may be counted twice.
  let size: Size
  var operands: [Operand]
  var outcome = Outcome.pending
  /// Whether a tensor has this value, so that it may be asked for.
  let isWanted = Atomic<Bool>(true)
  /// How many others were made from it.
  let consumerCount = Atomic<Int>(0)

  convenience init(
    _ function: AppliedFunction, _ operands: [Operand], size: Size, type: ScalarType, shape: Shape
  ) {
    self.init(
      .function(function), named: function.name, operands, size: size, type: type, shape: shape)
  }

  /// The elements of a block that only passes over elements can read.
  convenience init(_ view: StridedBlock, named name: String) {
    self.init(
      .view, named: name, [.block(view)], size: Size(instructions: 0, blocks: 1), type: view.type,
      shape: view.shape)
  }

  /// The product of two matrices.
  convenience init(productOf a: StridedBlock, _ b: StridedBlock, named name: String) {
    self.init(
      .product, named: name, [.block(a), .block(b)], size: Size(instructions: 1, blocks: 1),
      type: a.type, shape: [a.shape[0], b.shape[1]])
  }

  private init(
    _ work: Work, named name: String, _ operands: [Operand], size: Size,
    type: ScalarType, shape: Shape
  ) {
    self.work = work
    self.name = name
    self.operands = operands
    self.type = type
    self.shape = shape
    self.size = size
    var counted: [ObjectIdentifier] = []
    for case .deferred(let operand) in operands where !counted.contains(ObjectIdentifier(operand)) {
      counted.append(ObjectIdentifier(operand))
      operand.consumerCount.add(1, ordering: .relaxed)
    }
  }

  /// That of a function of operands, what several of them have counted more than once.
  static func size(of operands: [Operand]) -> Size {
    var size = Size(instructions: 1, blocks: 0)
    for operand in operands {
      switch operand {
      case .block: size.blocks += 1
      case .deferred(let other):
        size.instructions += other.size.instructions
        size.blocks += other.size.blocks
      }
    }
    return size
  }

  /// The same with each function and each block counted once. The caller has the runtime's lock.
  static func distinctSize(of operands: [Operand]) -> Size {
    var functions: Set<ObjectIdentifier> = []
    var blocks: [StridedBlock] = []
    var productCount = 0
    func count(_ block: StridedBlock) {
      if !blocks.contains(where: { $0.isSame(as: block) }) { blocks.append(block) }
    }
    func count(_ operands: [Operand]) {
      for operand in operands {
        switch operand {
        case .block(let block): count(block)
        case .deferred(let other):
          if case .computed(let block) = other.outcome {
            count(block)
          } else if other.isProduct {
            if functions.insert(ObjectIdentifier(other)).inserted { productCount += 1 }
          } else if functions.insert(ObjectIdentifier(other)).inserted {
            count(other.operands)
          }
        }
      }
    }
    count(operands)
    return Size(instructions: 1 + functions.count, blocks: blocks.count + productCount)
  }

  /// The operand that takes the longest program, and its number.
  static func largest(of operands: [Operand]) -> (index: Int, deferred: Deferred)? {
    var largest: (index: Int, deferred: Deferred)?
    for (index, operand) in operands.enumerated() {
      guard case .deferred(let deferred) = operand,
        deferred.size.instructions > largest?.deferred.size.instructions ?? 0
      else { continue }
      largest = (index, deferred)
    }
    return largest
  }

  /// What others are computed from while it waits: itself, or the block that it is a view of, which
  /// they read where it lies.
  var operand: Operand {
    if case .view = work { operands[0] } else { .deferred(self) }
  }

  /// The matrices that it is the product of, before it is computed; nil where it is none.
  var factors: (a: StridedBlock, b: StridedBlock)? {
    guard isProduct, case .block(let a) = operands[0], case .block(let b) = operands[1] else {
      return nil
    }
    return (a, b)
  }

  var isProduct: Bool {
    if case .product = work { true } else { false }
  }

  /// What the program that computes it is called.
  func label(of program: Program) -> String {
    if case .function = work { program.label } else { name }
  }

  /// Whether its value is there, or never will be.
  var isSettled: Bool {
    if case .pending = outcome { return false }
    return true
  }

  /// Whether it is to be computed from a storage's present contents, by way of others or not.
  func reads(_ storage: Storage) -> Bool {
    var seen: Set<ObjectIdentifier> = []
    return reads(storage, &seen)
  }

  /// - Parameter seen: what need not be looked at again: ways to it may be without number.
  private func reads(_ storage: Storage, _ seen: inout Set<ObjectIdentifier>) -> Bool {
    guard case .pending = outcome else { return false }
    for operand in operands {
      switch operand {
      case .block(let block): if block.storage === storage { return true }
      case .deferred(let other):
        if case .computed(let block) = other.outcome {
          if block.storage === storage { return true }
        } else if seen.insert(ObjectIdentifier(other)).inserted, other.reads(storage, &seen) {
          return true
        }
      }
    }
    return false
  }

  /// Puts one storage in the place of another in all that it is to be computed from.
  func exchange(_ storage: Storage, for other: Storage) {
    var seen: Set<ObjectIdentifier> = []
    exchange(storage, for: other, &seen)
  }

  private func exchange(
    _ storage: Storage, for other: Storage, _ seen: inout Set<ObjectIdentifier>
  ) {
    for (index, operand) in operands.enumerated() {
      switch operand {
      case .block(var block):
        guard block.storage === storage else { continue }
        block.storage = other
        operands[index] = .block(block)
      case .deferred(let deferred):
        if seen.insert(ObjectIdentifier(deferred)).inserted {
          deferred.exchange(storage, for: other, &seen)
        }
      }
    }
  }
}
