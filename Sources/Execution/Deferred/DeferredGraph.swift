import Machine
import Shapes
import Synchronization

/// Deferred results that are computed together: one program with its constants and blocks, and
/// which values besides the last are kept.
struct DeferredGraph {
  private(set) var elements = Elements()
  /// Products that are still to be computed, each with the number of the operand that stands for
  /// it: one without elements.
  private(set) var products: [(deferred: Deferred, operand: Int)] = []
  private var members: [(deferred: Deferred, value: Program.Value, uses: Int)] = []

  /// Collects all that a deferred result needs, which is no product itself.
  init(of deferred: Deferred) throws(TensorError) {
    let value = try append(deferred)
    precondition(value == elements.lastValue, "a function that computes something")
  }

  /// The product that is read here alone, and so could lie where a result of its shape and of a
  /// type will.
  func ownProduct(_ type: ScalarType) -> Deferred? {
    for member in members
    where member.deferred.isProduct && member.deferred.type == type && !Self.isKept(member) {
      return member.deferred
    }
    return nil
  }

  /// Puts a block in the place of an operand.
  mutating func place(_ block: StridedBlock, forOperand number: Int) {
    elements.blocks[number] = block
  }

  /// Lets the program store the values that others will ask for.
  ///
  /// - Returns: whose values they are, in the order of the program's.
  mutating func storeKept() -> [Deferred] {
    let kept = members.filter(Self.isKept)
    for member in kept { elements.store(member.value) }
    return kept.map(\.deferred)
  }

  private static func isKept(
    _ member: (deferred: Deferred, value: Program.Value, uses: Int)
  ) -> Bool {
    member.deferred.isWanted.load(ordering: .acquiring)
      || member.deferred.consumerCount.load(ordering: .acquiring) > member.uses
  }

  /// Lets go of the operands of all that is computed or kept now: they are this graph's alone then,
  /// where nobody else has them.
  func detach() {
    for member in members { member.deferred.operands = [] }
  }

  /// The storage of a block that nobody else refers to, for a result to be written over it.
  mutating func donatedBlock(_ type: ScalarType, _ shape: Shape) -> StridedBlock? {
    for index in elements.blocks.indices where fits(index, type, shape) && isAlone(index) {
      return StridedBlock(storage: elements.blocks[index].storage, type: type, shape: shape)
    }
    return nil
  }

  private func fits(_ index: Int, _ type: ScalarType, _ shape: Shape) -> Bool {
    let block = elements.blocks[index]
    return block.type.byteCount == type.byteCount && block.shape == shape && block.isContiguous
      && block.layout.offset == 0 && block.storage.isReusable
      && block.storage.byteCount == shape.elementCount * type.byteCount
  }

  private mutating func isAlone(_ index: Int) -> Bool {
    isKnownUniquelyReferenced(&elements.blocks[index].storage)
  }

  private mutating func append(_ deferred: Deferred) throws(TensorError) -> Program.Value {
    // An operand that occurs twice in one function is used once.
    var used: [Deferred] = []
    let values = try deferred.operands.map { (operand) throws(TensorError) -> Program.Value in
      switch operand {
      case .block(let block): return value(of: block)
      case .deferred(let other):
        switch other.outcome {
        case .computed(let block): return value(of: block)
        case .failed(let error): throw error
        case .pending:
          let isUse = !used.contains { $0 === other }
          used.append(other)
          return try value(of: other, isUse: isUse)
        }
      }
    }
    guard case .function(let function) = deferred.work else { return values[0] }
    // Of its own type, as if it had been stored: waiting changes no bits.
    return elements.convert(function.append(to: &elements, values), to: deferred.type)
  }

  private mutating func value(
    of deferred: Deferred, isUse: Bool
  ) throws(TensorError) -> Program.Value {
    if let index = members.firstIndex(where: { $0.deferred === deferred }) {
      if isUse { members[index].uses += 1 }
      return members[index].value
    }
    let value: Program.Value
    if deferred.isProduct {
      products.append((deferred, elements.blocks.count))
      // Storage of its own, so that no block is the same.
      let nothing = Storage(sharing: UnsafeMutableRawBufferPointer(start: nil, count: 0)) {}
      value = elements.operand(
        StridedBlock(storage: nothing, type: deferred.type, shape: deferred.shape))
    } else {
      value = try append(deferred)
    }
    members.append((deferred, value, 1))
    return value
  }

  private mutating func value(of block: StridedBlock) -> Program.Value {
    if let index = elements.blocks.firstIndex(where: { $0.isSame(as: block) }) {
      return elements.program.value(ofOperand: index)
    }
    return elements.operand(block)
  }
}

extension StridedBlock {
  /// Whether two blocks are the same elements in the same order.
  func isSame(as other: StridedBlock) -> Bool {
    storage === other.storage && type == other.type && layout == other.layout
      && shape == other.shape
  }
}
