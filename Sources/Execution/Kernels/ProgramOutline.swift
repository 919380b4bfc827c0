import Shapes
import Synchronization

/// What follows from a program alone, whatever its operands are: its chains, and where values have
/// their place.
///
/// Programs that a process has evaluated not long ago are remembered: a small evaluation takes less
/// time than to find this out.
// Unchecked because links of chains have pointers to places: here they point nowhere.
final class ProgramOutline: @unchecked Sendable {
  /// What becomes of an instruction.
  struct Part: Sendable {
    enum Place: Sendable {
      /// It is a step of its own.
      case alone
      /// A chain behind it carries it out.
      case link
      /// It is the last of a chain.
      case chain(Int)
    }

    let place: Place
    /// The number of its value's register.
    let register: Int
    /// How many steps do work before it; nil where it does none of its own.
    let done: Int?
  }

  /// One an instruction.
  let parts: [Part]
  let chains: [Chain]
  let registerCount: Int
  /// How many steps do work of their own.
  let activeCount: Int
  /// Bytes of the widest type.
  let widest: Int
  /// Values that are kept besides the last, with their types.
  let stored: [(value: Int, type: ScalarType)]
  /// What carries out all of the program, of which only the last value is kept; nil where one chain
  /// cannot.
  let only: Chain?
  /// The same where it keeps values besides the last, each of which it writes.
  let whole: Chain?
  /// The operands whose product each element is, or whose square, of floating point.
  let factors: (first: Int, second: Int)?
  private let program: Program
  private let storesEarly: Bool

  private static let outlines = Mutex([ProgramOutline?](repeating: nil, count: 256))

  /// That of a program, remembered or made anew.
  ///
  /// - Parameter storesEarly: whether values that are kept besides the last go where nothing is
  ///   read.
  static func recent(_ program: Program, storesEarly: Bool) -> ProgramOutline {
    let slot = Int(truncatingIfNeeded: program.fingerprint & 255)
    let known = outlines.withLock { $0[slot] }
    if let known, known.storesEarly == storesEarly, known.program == program { return known }
    let outline = ProgramOutline(program, storesEarly: storesEarly)
    outlines.withLock { $0[slot] = outline }
    return outline
  }

  private init(_ program: Program, storesEarly: Bool) {
    let instructions = program.instructions
    let groups = Self.groups(program)
    var chainOf: [Int: Int] = [:]
    for (number, members) in groups.enumerated() {
      for member in members { chainOf[member] = number }
    }
    let registers = Self.assignRegisters(
      program, readAt: { chainOf[$0].map { groups[$0].last! } ?? $0 })
    var done = 0
    var parts: [Part] = []
    for (index, instruction) in instructions.enumerated() {
      var place = Part.Place.alone
      if let chain = chainOf[index] {
        place = groups[chain].last! == index ? .chain(chain) : .link
      }
      var isActive = instruction.isComputed
      if case .link = place { isActive = false }
      parts.append(Part(place: place, register: registers[index], done: isActive ? done : nil))
      if isActive { done += 1 }
    }
    self.parts = parts
    let chains = groups.map { members in
      Chain(
        program, members, wanted: Self.wanted(program, members),
        early: storesEarly ? Set(program.stored) : [])
    }
    self.chains = chains
    var only = done == 1 && program.stored.isEmpty ? chains.first : nil
    let last = instructions.count - 1
    // A function by itself needs no chain elsewhere.
    if done == 1, chains.isEmpty, program.stored.isEmpty, instructions[last].link != nil,
      program.types[last].hasChains
    {
      only = Chain(program, [last], wanted: [last], early: [])
    }
    self.only = only
    let isWhole =
      done == 1
      && chains.first.map { chain in
        program.stored.allSatisfy { value in
          chain.outputs.dropFirst().contains { $0.value == value }
        }
      } ?? false
    whole = only ?? (isWhole ? chains.first : nil)
    registerCount = registers.max()! + 1
    activeCount = done
    widest = program.types.lazy.map(\.byteCount).max()!
    stored = program.stored.map { ($0, program.types[$0]) }
    factors = program.factors
    self.program = program
    self.storesEarly = storesEarly
  }

  /// Functions that follow each other, but for operands, and that a chain carries out.
  private static func groups(_ program: Program) -> [[Int]] {
    var groups: [[Int]] = []
    var members: [Int] = []
    func close() {
      if members.count > 1 { groups.append(members) }
      members = []
    }
    for (index, instruction) in program.instructions.enumerated() where instruction.isComputed {
      let type = program.types[index]
      let isLink = instruction.link != nil && type.hasChains
      if !isLink || members.count == Chain.longest
        || members.last.map({ program.types[$0] != type }) ?? false
      {
        close()
      }
      if isLink { members.append(index) }
    }
    close()
    return groups
  }

  /// The values of a chain that others read, or that are kept.
  private static func wanted(_ program: Program, _ members: [Int]) -> Set<Int> {
    let own = Set(members)
    var wanted = own.intersection(program.stored)
    wanted.insert(members.last!)
    for (index, instruction) in program.instructions.enumerated() where !own.contains(index) {
      instruction.forEachInput { if own.contains($0) { wanted.insert($0) } }
    }
    return wanted
  }

  /// - Parameter readAt: the number of the instruction with which a given one reads its values.
  private static func assignRegisters(_ program: Program, readAt: (Int) -> Int) -> [Int] {
    let instructions = program.instructions
    var lastUse = Array(instructions.indices)
    for (index, instruction) in instructions.enumerated() {
      instruction.forEachInput { lastUse[$0] = max(lastUse[$0], readAt(index)) }
    }
    for value in program.stored { lastUse[value] = instructions.count }
    lastUse[instructions.count - 1] = instructions.count
    var free: [Int] = []
    var count = 0
    var assigned: [Int] = []
    for index in instructions.indices {
      if free.isEmpty {
        free.append(count)
        count += 1
      }
      assigned.append(free.removeLast())
      for value in 0...index where lastUse[value] == index { free.append(assigned[value]) }
    }
    return assigned
  }
}
