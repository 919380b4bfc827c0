import Glibc
import MessagePassing
import Tessera
import TesseraIO

/// Rank 1 has too little memory inside an operation that communicates, and all ranks catch its
/// error: each writes what it has caught. They end with status 0, unless they are told otherwise.
enum ToldScenarios {
  private static let operations:
    [(name: String, prepare: @Sendable () throws(TensorError) -> Step)] =
      [
        ("product", applying(.matmul) { [ones([384, 768], nil), ones([768, 768])] }),
        ("redistribution", applying(.redistribute(to: .replicated)) { [ones([768, 512])] }),
        (
          "concatenation",
          applying(.concatenate(axis: 0)) { [ones([768, 512]), ones([768, 512])] }
        ),
        ("reshape", applying(.reshape([512, 768])) { [ones([768, 512], 1)] }),
        ("addition", applying(.binary(.add)) { [ones([768, 512]), ones([768, 512], 1)] }),
        ("sum", applying(.reduce(.sum, axes: [0])) { [ones([3, 768, 512])] }),
        ("taking", taking), ("sorting", sorting), ("masked", masked),
        ("gradients", gradients),
        ("writing", writing), ("writing-rows", writingRows), ("writing-masked", writingMasked),
        ("assigning", assigning), ("file", file), ("file-of-terms", fileOfTerms),
      ]

  private typealias Step = () throws(TensorError) -> Void

  static let all =
    operations.map { operation in
      Scenario("told-\(operation.name)", "all ranks catch what rank 1 lacks for \(operation.name)")
      {
        communicator throws(TensorError) in
        try tell(operation.prepare, communicator)
      }
    } + [
      Scenario("told-late", "the last rank comes three seconds later") {
        communicator throws(TensorError) in
        try tell(operations[0].prepare, communicator) {
          if communicator.rank == communicator.size - 1 { sleep(3) }
        }
      },
      Scenario("told-twice", "all ranks but the first have too little memory") {
        communicator throws(TensorError) in
        try tell(operations[0].prepare, communicator, least: 1, most: communicator.size - 1)
      },
      Scenario("told-status", "all ranks end with status 3") { communicator throws(TensorError) in
        try tell(operations[0].prepare, communicator)
        // Whoever ends the job does so for all.
        sleep(1)
        exit(3)
      },
      Scenario("told-uncaught", "nobody catches what rank 1 lacks") {
        communicator throws(TensorError) in
        let step = try operations[0].prepare()
        cap(communicator, 1...1)
        try step()
      },
      Scenario("told-operator", "the same of an operator, while the others compute for long") {
        communicator throws(TensorError) in
        let (x, y) = (ones([384, 768], nil), ones([768, 768]))
        cap(communicator, 1...1)
        if communicator.rank != 1 { sleep(4) }
        print(matmul(x, y).storageIdentifier)
      },
    ]

  /// Carries a step out with too little memory on some ranks, and writes what has become of it.
  private static func tell(
    _ prepare: () throws(TensorError) -> Step, _ communicator: Communicator, least: Int = 1,
    most: Int = 1, _ delay: () -> Void = {}
  ) throws(TensorError) {
    let step = try prepare()
    try communicator.barrier(as: CollectiveLabel("ready"))
    cap(communicator, least...most)
    delay()
    let first = caught(step)
    Memory.cap = nil
    let x = Tensor<Float>.ones([6], sharding: .sharded(axis: 0))
    let later = caught { () throws(TensorError) in
      _ = try Operation.reduce(.sum, axes: [0]).apply(to: [x])
    }
    // What moves nothing works.
    try check((x + 1).localPart.allSatisfy { $0 == 2 }, "\((x + 1).localPart)", "2")
    report("\(first); later \(later == first ? "the same" : later)")
  }

  private static func caught(_ step: Step) -> String {
    do {
      try step()
      return "nothing"
    } catch {
      return error.description.replacing("\n", with: "|")
    }
  }

  private static func cap(_ communicator: Communicator, _ ranks: ClosedRange<Int>) {
    guard ranks.contains(communicator.rank) else { return }
    Memory.trim()
    Memory.cap = Memory.statistics.reserved
  }

  private static func ones(_ shape: Shape, _ axis: Int? = 0) -> Tensor<Float> {
    let x = Tensor<Float>.ones(shape, sharding: axis.map { .sharded(axis: $0) } ?? .replicated)
    _ = x.storageIdentifier
    return x
  }

  private static func applying(
    _ operation: Operation, to operands: @escaping @Sendable () -> [Tensor<Float>]
  ) -> @Sendable () throws(TensorError) -> Step {
    { () throws(TensorError) -> Step in
      let operands = operands()
      return { () throws(TensorError) in _ = try operation.apply(to: operands) }
    }
  }

  private static var backwards: Tensor<Int64> {
    Tensor<Int64>((0..<768).map { Int64(767 - $0) }, shape: [768])
  }

  private static var twoThirds: Tensor<Bool> {
    Tensor<Bool>((0..<768).map { $0 % 3 != 0 }, shape: [768]).redistributed(to: .sharded(axis: 0))
  }

  @Sendable private static func taking() -> Step {
    let (x, rows) = (ones([768, 512]), backwards)
    return { () throws(TensorError) in _ = try x.taken(at: rows, axis: 0) }
  }

  @Sendable private static func sorting() -> Step {
    let x = ones([768 * 512])
    let sort = Sort(order: SortOrder(name: "sorted", axis: 0, isDescending: false))
    return { () throws(TensorError) in _ = try sort.apply([x.body]) }
  }

  @Sendable private static func masked() -> Step {
    let (x, mask) = (ones([768, 4096]), twoThirds)
    return { () throws(TensorError) in _ = try x.masked(mask, axis: 0) }
  }

  @Sendable private static func gradients() -> Step {
    let (x, parameter) = (ones([768, 512]), Parameter(ones([512, 1024], nil)))
    let tape = GradientTape()
    let loss = tape.record { matmul(x, parameter.value).square().sum() }
    _ = loss.storageIdentifier
    return { () throws(TensorError) in _ = try tape.derivatives(of: loss, at: [parameter]) }
  }

  @Sendable private static func writing() -> Step {
    let (x, value) = (ones([768, 512]), ones([512, 512], 1))
    return { () throws(TensorError) in
      var y = x
      try y.replace([.range(0..<512)], with: value)
    }
  }

  @Sendable private static func writingRows() -> Step {
    let (x, value, rows) = (ones([768, 512]), ones([768, 512], 1), backwards)
    return { () throws(TensorError) in
      var y = x
      try y.put(value, at: rows, axis: 0)
    }
  }

  @Sendable private static func writingMasked() -> Step {
    let (x, value, mask) = (ones([768, 512]), ones([512, 512]), twoThirds)
    return { () throws(TensorError) in
      var y = x
      try y.replace([.mask(mask)], with: value)
    }
  }

  @Sendable private static func assigning() -> Step {
    let (parameter, value) = (Parameter(ones([768, 4096])), ones([768, 4096], 1))
    return { () throws(TensorError) in try parameter.assign(value) }
  }

  /// A tensor that waits to be computed.
  @Sendable private static func file() -> Step {
    let operand = ones([768, 4096])
    let x = operand + 1
    return { () throws(TensorError) in
      // The result cannot take the place of an operand that is held.
      defer { withExtendedLifetime(operand) {} }
      try x.write(npy: "x.npy")
    }
  }

  /// One whose terms are to be added up first.
  @Sendable private static func fileOfTerms() throws(TensorError) -> Step {
    let sum = Reduce(.sum, axes: [0], keepingAxes: false, placement: .partial(.sum))
    let x = Tensor<Float>(try sum.apply([ones([3, 768, 4096]).body]))
    return { () throws(TensorError) in try x.write(npy: "x.npy") }
  }
}
