import CKernels
import Shapes

/// Evaluates a program for a run of result elements at a time, in registers that stay in the
/// first-level cache. One worker uses one evaluator.
struct ProgramEvaluator: ~Copyable {
  /// A value of the current run: where it lies and whether it advances (1) or repeats (0).
  typealias Place = ElementFunction.Place

  private let program: PreparedProgram
  private let steps: UnsafeMutableBufferPointer<PreparedProgram.Step>
  private let memory: UnsafeMutableRawPointer
  /// Aligned to cache lines.
  private let registers: UnsafeMutableRawPointer
  /// The places of all steps' values.
  private let places: UnsafeMutablePointer<Place>
  /// The links of the chains, one after another, whose places follow from the run.
  private let links: UnsafeMutablePointer<tk_link>
  /// What has been read of operands in tiles.
  let tile: LoadedTile?

  /// Elements of the runs that are best evaluated at a time.
  var runLength: Int { program.runLength }

  /// Elements of the run that begins with one of them; it ends where a row of operands does.
  func length(from start: Int) -> Int {
    guard let row = program.rowLength else { return program.runLength }
    return min(program.runLength, row - start % row)
  }

  init(_ program: PreparedProgram) {
    self.program = program
    steps = program.steps
    // Memory of larger alignment takes longer to get than a small program to evaluate.
    memory = .allocate(byteCount: program.registersByteCount + 48, alignment: 16)
    registers = memory.alignedUp(toMultipleOf: 64)
    places = .allocate(capacity: steps.count)
    places.initialize(repeating: (registers, 0), count: steps.count)
    let all = program.chains.count == 1 ? program.chains[0].links : program.chains.flatMap(\.links)
    links = .allocate(capacity: all.count)
    links.initialize(from: all, count: all.count)
    tile = program.tiling.map { LoadedTile($0) }
  }

  deinit {
    memory.deallocate()
    places.deallocate()
    links.deallocate()
  }

  private var last: Int { steps.count - 1 }

  /// Elements `start ..< start + count` of the result (at most a register's length), written to
  /// `destination` if there is one, else wherever they lie. Values that are stored besides may be
  /// written too; `store` sees to the others.
  func evaluate(
    _ start: Int, _ count: Int, into destination: UnsafeMutableRawPointer? = nil,
    storing others: [BlockOperand] = []
  ) -> Place {
    runInputs(start, count)
    var target = register(of: last)
    if let destination, steps[last].isComputed { target = destination }
    places[last] = run(last, start, count, into: target, storing: others)
    guard let destination else { return places[last] }
    settle(places[last], program.resultType, count, in: destination)
    return (destination, 1)
  }

  /// The same, written to `destination` past the caches. The caller ends with
  /// `tk_finish_streaming`.
  func stream(
    _ start: Int, _ count: Int, into destination: UnsafeMutableRawPointer,
    storing others: [BlockOperand] = []
  ) {
    runInputs(start, count)
    let isDone =
      switch steps[last].work {
      case .apply(.unary(let function), let type, let arguments)
      where places[arguments[0]].step == 1:
        tk_stream_unary(
          function.kernel, type, destination, places[arguments[0]].pointer, count)
      case .apply(.binary(let function), let type, let arguments):
        tk_stream_binary(
          function.kernel, type, destination, places[arguments[0]].pointer,
          places[arguments[0]].step, places[arguments[1]].pointer, places[arguments[1]].step, count)
      case .chain(let number):
        runChain(
          number, start, count, into: destination, storing: others, writing: TK_STREAM)
      default: false
      }
    if isDone {
      places[last] = (destination, 1)
      return
    }
    places[last] = run(last, start, count, into: register(of: last), storing: others)
    tk_stream(destination, spread(places[last], count), count * program.resultType.byteCount)
  }

  /// Carries out all steps but the last. After each it asks for a piece of what will be read two
  /// runs later, so that memory and arithmetic are busy at the same time.
  private func runInputs(_ start: Int, _ count: Int) {
    let fetches = count == program.runLength && !program.fetched.isEmpty
    for index in 0..<last {
      places[index] = run(index, start, count, into: register(of: index), storing: [])
      let piece = steps[index].fetched
      if fetches, !piece.isEmpty {
        for (base, size) in program.fetched {
          tk_prefetch(base + (start + 2 * count + piece.lowerBound) * size, piece.count * size)
        }
      }
    }
  }

  /// Writes the values of the last run that the program stores besides the last, after it has been
  /// evaluated into a register.
  func store(_ start: Int, _ count: Int, into targets: [BlockOperand]) {
    for ((value, type), target) in zip(program.stored, targets) {
      settle(places[value], type, count, in: target.base + start * target.size)
    }
  }

  /// The last run's result in full length, in a register at least.
  func spread(_ value: Place, _ count: Int) -> UnsafeMutableRawPointer {
    if value.step == 1 { return value.pointer }
    let target = register(of: last)
    let size = program.resultType.byteCount
    var bits: UInt64 = 0
    // The value may lie where it is spread.
    withUnsafeMutableBytes(of: &bits) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: value.pointer, count: size))
      tk_fill(size, target, $0.baseAddress!, count)
    }
    return target
  }

  private func register(of value: Int) -> UnsafeMutableRawPointer {
    registers + steps[value].registerOffset
  }

  /// Puts a value where it was asked for, in full length.
  private func settle(
    _ value: Place, _ type: ScalarType, _ count: Int, in destination: UnsafeMutableRawPointer
  ) {
    let size = type.byteCount
    if value.step == 0, count > 1 || value.pointer != destination {
      tk_fill(size, destination, value.pointer, count)
    } else if value.pointer != destination {
      tk_copy(destination, value.pointer, count * size)
    }
  }

  @inline(__always)
  private func run(
    _ index: Int, _ start: Int, _ count: Int, into target: UnsafeMutableRawPointer,
    storing others: [BlockOperand]
  ) -> Place {
    switch steps[index].work {
    case .run(let base, let size): return (base + start * size, 1)
    case .single(let base): return (base, 0)
    case .strided(let number):
      if let place = tile?.place(number, start, count) { return (place, 1) }
      if let place = program.operands[number].place(start, count) { return place }
      program.operands[number].pack(start, count, into: target)
      return (target, 1)
    case .constant(let bits):
      target.storeBytes(of: bits, as: UInt64.self)
      return (target, 0)
    case .apply(let function, let type, let arguments):
      let (a, b, c) = (places[arguments[0]], places[arguments[1]], places[arguments[2]])
      // Places that stand for values which are not there are the first one's.
      let step = a.step | b.step | c.step
      function.invoke(type, a, b, c, into: target, step == 0 ? 1 : count)
      return (target, step)
    case .chain(let number):
      runChain(number, start, count, into: target, storing: others, writing: TK_STORE)
      return (target, 1)
    case .link: return places[index]
    }
  }

  /// Carries out a chain, whose last value goes to `target`. Values that the program stores go
  /// where they belong if it is the program's last step, and so has read all that they may
  /// overwrite. Always true.
  @discardableResult
  private func runChain(
    _ number: Int, _ start: Int, _ count: Int, into target: UnsafeMutableRawPointer,
    storing others: [BlockOperand], writing: tk_link_kind
  ) -> Bool {
    let chain = program.chains[number]
    var first = links
    for earlier in 0..<number { first += program.chains[earlier].links.count }
    for (link, value) in chain.inputs {
      first[link].place = places[value].pointer
      first[link].source = places[value].step == 0 ? TK_VALUE : TK_RUN
    }
    for (position, (link, value)) in chain.outputs.enumerated() {
      var place = position == 0 ? target : register(of: value)
      if position > 0, !others.isEmpty,
        let stored = program.stored.firstIndex(where: { $0.value == value })
      {
        place = others[stored].base + start * others[stored].size
      }
      first[link].kind = writing
      first[link].place = place
      places[value] = (place, 1)
    }
    let isDone = tk_chain(chain.type, first, chain.links.count, count)
    precondition(isDone, "a chain of at most \(TK_CHAIN_LINKS) links")
    return isDone
  }
}
