import CKernels
import Shapes

/// Consecutive functions of one floating-point type, carried out together: a value that only the
/// next function takes never leaves the processor's registers, and memory is read and written
/// evenly.
struct Chain {
  /// How many functions one takes at most: each needs a slot and a few links.
  static let longest = 24

  let type: tk_type
  private(set) var links: [tk_link] = []
  /// Links that read a value from outside.
  private(set) var inputs: [(link: Int, value: Int)] = []
  /// Links that write a value for others, the last value's first.
  private(set) var outputs: [(link: Int, value: Int)] = []

  /// - Parameters:
  ///   - members: the instructions, in order; others in between belong to nobody or give operands.
  ///   - wanted: those of their values that are written; the last one's is.
  ///   - early: those of them that are written as soon as they are there, as nothing is read where
  ///     they go. Writing then goes on beside the arithmetic. The others are written at the end.
  init(_ program: Program, _ members: [Int], wanted: Set<Int>, early: Set<Int>) {
    type = program.types[members[0]].kernel
    var uses: [Int: Int] = [:]
    for member in members {
      program.instructions[member].forEachInput { uses[$0, default: 0] += 1 }
    }
    let last = members.last!
    let late = wanted.subtracting(early).union([last])
    for value in late { uses[value, default: 0] += 1 }

    let isMember = Set(members)
    var slots: [Int: UInt32] = [:]
    var free = (0..<UInt32(TK_CHAIN_SLOTS)).reversed() as [UInt32]
    var current: Int?
    func used(_ value: Int) {
      uses[value]! -= 1
      if uses[value] == 0, let slot = slots.removeValue(forKey: value) { free.append(slot) }
    }
    /// Keeps the current value if it is needed again.
    func keep() {
      guard let value = current, uses[value, default: 0] > 0, slots[value] == nil,
        isMember.contains(value)
      else { return }
      slots[value] = free.removeLast()
      append(TK_KEEP, slot: slots[value]!)
    }
    func read(_ kind: tk_link_kind, _ value: Int, op: UInt32 = 0) {
      if let slot = slots[value] {
        append(kind, source: TK_SLOT, op: op, slot: slot)
      } else {
        inputs.append((links.count, value))
        append(kind, op: op)
      }
    }

    for member in members {
      guard case .apply(let function, let arguments) = program.instructions[member],
        let op = function.link
      else { preconditionFailure("a function of one type") }
      // The current value is the second of two, or the first becomes it.
      let isSecond =
        arguments.count == 2 && current == arguments[1] && current != arguments[0]
      let taken = arguments[isSecond ? 1 : 0]
      if current != taken {
        keep()
        read(TK_LOAD, taken)
        current = taken
      }
      used(taken)
      keep()
      switch arguments.count {
      case 1: append(TK_APPLY, op: op)
      case 2:
        let other = arguments[isSecond ? 0 : 1]
        read(isSecond ? TK_JOIN_REVERSED : TK_JOIN, other, op: op)
        used(other)
      default:
        read(TK_SECOND, arguments[1])
        read(TK_JOIN_BOTH, arguments[2], op: op)
        used(arguments[1])
        used(arguments[2])
      }
      current = member
      if !late.contains(member), wanted.contains(member) {
        outputs.append((links.count, member))
        append(TK_STORE)
      }
    }
    // Whatever is written may be what the links above have read.
    outputs.insert((links.count, last), at: 0)
    append(TK_STORE)
    for value in late.sorted() where value != last {
      read(TK_LOAD, value)
      outputs.append((links.count, value))
      append(TK_STORE)
    }
  }

  private mutating func append(
    _ kind: tk_link_kind, source: tk_source = TK_RUN, op: UInt32 = 0, slot: UInt32 = 0
  ) {
    links.append(tk_link(kind: kind, source: source, op: op, slot: slot, place: nil))
  }
}
