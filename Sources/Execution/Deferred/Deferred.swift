import Machine
import Shapes
import Synchronization

/// An elementwise result that has not been computed yet: a function of blocks and of other such
/// results, all of one local shape.
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

  /// So many instructions, or so many blocks, one pass takes at most: registers stay in the
  /// first-level cache, and a processor follows few streams at a time.
  static let limits = Size(instructions: 24, blocks: 8)

  struct Size {
    var instructions: Int
    var blocks: Int

    var isWithinLimits: Bool { instructions <= limits.instructions && blocks <= limits.blocks }
  }

  /// What it is of its operands; nil where it is its only operand, a view as no tensor has one.
  let function: AppliedFunction?
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
    self.init(function, named: function.name, operands, size: size, type: type, shape: shape)
  }

  /// The elements of a block that only passes over elements can read.
  convenience init(_ view: StridedBlock, named name: String) {
    self.init(
      nil, named: name, [.block(view)], size: Size(instructions: 0, blocks: 1), type: view.type,
      shape: view.shape)
  }

  private init(
    _ function: AppliedFunction?, named name: String, _ operands: [Operand], size: Size,
    type: ScalarType, shape: Shape
  ) {
    self.function = function
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
          } else if functions.insert(ObjectIdentifier(other)).inserted {
            count(other.operands)
          }
        }
      }
    }
    count(operands)
    return Size(instructions: 1 + functions.count, blocks: blocks.count)
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
  var operand: Operand { function == nil ? operands[0] : .deferred(self) }

  /// What the program that computes it is called.
  func label(of program: Program) -> String { function == nil ? name : program.label }

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
