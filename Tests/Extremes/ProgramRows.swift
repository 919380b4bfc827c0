import Foundation
import Tessera
import TesseraIO
import TesseraTraining

extension Row {
  /// Gradients, plans, programs.
  static let ofPrograms: [Row] = [
    row("GradientTape.init(persistent:)") { _ = GradientTape(persistent: true) },
    row("GradientTape.watch(_:)", Extreme.operands) { GradientTape().watch($0.make()) },
    row("GradientTape.record(_:)", Extreme.operands) { operand in
      let tape = GradientTape()
      use(tape.record { operand.make() + 1 })
    },
    row("GradientTape.gradients(of:at:)", Extreme.operands) { operand in
      let (tape, x) = (GradientTape(), operand.make())
      tape.watch(x)
      tape.gradients(of: tape.record { x.sum() }, at: [x]).forEach { use($0) }
    },
    row("GradientTape.gradients(of:at:)", Extreme.operands) { operand in
      let (tape, x) = (GradientTape(), operand.make())
      tape.watch(x)
      tape.gradients(of: tape.record { x * 2 }, at: [x, x]).forEach { use($0) }
    },
    row("valueWithGradient(at:of:)", Extreme.operands) {
      use(valueWithGradient(at: $0.make()) { ($0 * $0).mean() }.gradient)
    },
    row("gradient(of:)", Extreme.operands) { operand in
      use(gradient(of: { (x: Tensor<Float>) in x.square().sum() })(operand.make()))
    },
    row("checkGradient(of:at:key:step:)", Extreme.doubles) {
      _ = checkGradient(of: { $0.sum() }, at: Tensor<Double>([1, 2]), step: $0)
    },
    row("checkGradient(of:at:key:step:)", Extreme.doubles) {
      _ = checkGradient(of: { ($0 * $0).sum() }, at: Tensor<Double>($0))
    },
    row("Parameter.init(_:name:)", Extreme.operands) { use(Parameter($0.make(), name: "").value) },
    row("Parameter.assign(_:)", Extreme.operands) { try Parameter(matrix).assign($0.make()) },
    row("Operation.plan(_:)", Extreme.shapes) { shape in
      for operation in [Operation.matmul, .binary(.add), .unary(.exp), .concatenate(axis: 0)] {
        _ = try? operation.plan([describe(shape), describe(shape)])
        _ = try? operation.plan([describe(shape)])
      }
      _ = try Operation.matmul.plan([])
    },
    row("Operation.apply(to:)", Extreme.operands) {
      use(try Operation.binary(.power).apply(to: [$0.make(), matrix]))
    },
    row("Operation.apply(to:as:)", Extreme.operands) {
      use(try Operation.compare(.less).apply(to: [$0.make(), $0.make()], as: Bool.self))
    },
    row("Operation.apply(to:as:)") {
      use(try Operation.compare(.less).apply(to: [matrix, matrix], as: Int8.self))
    },
    row("Operation.unary(_:)", Extreme.operands) {
      use(try Operation.unary(.log).apply(to: [$0.make()]))
    },
    row("Operation.binary(_:)", Extreme.operands) {
      use(try Operation.binary(.hypot).apply(to: [$0.make(), $0.make()]))
    },
    row("Operation.ternary(_:)", Extreme.operands) {
      use(try Operation.ternary(.lerp).apply(to: [$0.make(), matrix, $0.make()]))
    },
    row("Operation.compare(_:)") { _ = Operation.compare(.equal) },
    row("Operation.reshape(_:)", Extreme.shapes) {
      use(try Operation.reshape($0).apply(to: [matrix]))
    },
    row("Operation.permute(_:)", Extreme.axisLists) {
      use(try Operation.permute($0).apply(to: [matrix]))
    },
    row("Operation.permute(_:)", Extreme.integers) {
      use(try Operation.permute([$0, 0]).apply(to: [matrix]))
    },
    row("Operation.expand(to:)", Extreme.shapes) {
      _ = try Operation.expand(to: $0).apply(to: [matrix]).shape
    },
    row("Operation.concatenate(axis:)", Extreme.integers) {
      use(try Operation.concatenate(axis: $0).apply(to: [matrix, matrix]))
    },
    row("Operation.index(_:)", Extreme.integers) {
      use(try Operation.index(.index($0)).apply(to: [matrix]))
    },
    row("Operation.index(_:)", Extreme.integers) {
      use(try Operation.index(.slice(start: $0, end: $0, step: $0)).apply(to: [matrix]))
    },
    row("Operation.reduce(_:axes:keepingAxes:)", Extreme.axisLists) {
      use(try Operation.reduce(.max, axes: $0).apply(to: [matrix]))
    },
    row("Operation.argReduce(_:axes:keepingAxes:)", Extreme.axisLists) {
      use(try Operation.argReduce(.max, axes: $0).apply(to: [matrix], as: Int64.self))
    },
    row("Operation.argsort(axis:descending:)", Extreme.integers) {
      use(try Operation.argsort(axis: $0).apply(to: [matrix], as: Int64.self))
    },
    row("Operation.searchSorted(side:)", Extreme.operands) {
      let operands = [matrix.flattened(), $0.make()]
      use(try Operation.searchSorted(side: .right).apply(to: operands, as: Int64.self))
    },
    row("Operation.binary(_:_:numberIsFirst:)", Extreme.doubles) {
      use(try Operation.binary(.power, $0).apply(to: [matrix]))
    },
    row("Operation.classify(_:)", Extreme.operands) {
      use(try Operation.classify(.isNaN).apply(to: [$0.make()], as: Bool.self))
    },
    row("Operation.compare(_:_:)", Extreme.doubles) {
      use(try Operation.compare(.less, $0).apply(to: [matrix], as: Bool.self))
    },
    row("Operation.convert(to:)", Extreme.operands) {
      use(try Operation.convert(to: .int8).apply(to: [$0.make()], as: Int8.self))
    },
    row("Operation.cumulativeSum(axis:)", Extreme.integers) {
      use(try Operation.cumulativeSum(axis: $0).apply(to: [matrix]))
    },
    row("Operation.cumulativeProduct(axis:)", Extreme.integers) {
      use(try Operation.cumulativeProduct(axis: $0).apply(to: [matrix]))
    },
    row("Operation.cumulativeMinimum(axis:)", Extreme.integers) {
      use(try Operation.cumulativeMinimum(axis: $0).apply(to: [matrix]))
    },
    row("Operation.cumulativeMaximum(axis:)", Extreme.integers) {
      use(try Operation.cumulativeMaximum(axis: $0).apply(to: [matrix]))
    },
    row("Operation.linearRecurrence(axis:)", Extreme.integers) {
      use(try Operation.linearRecurrence(axis: $0).apply(to: [matrix, matrix]))
    },
    row("Operation.diagonal(offset:)", Extreme.integers) {
      use(try Operation.diagonal(offset: $0).apply(to: [matrix]))
    },
    row("Operation.flip(_:)", Extreme.axisLists) {
      use(try Operation.flip($0).apply(to: [matrix]))
    },
    row("Operation.gather(axis:)", Extreme.integers) {
      let positions = Tensor<Int64>([[.max, 0], [0, .min]])
      use(try Operation.gather(axis: $0).apply(to: matrix, positions, as: Float.self))
    },
    row("Operation.norm(axes:keepingAxes:)", Extreme.axisLists) {
      use(try Operation.norm(axes: $0).apply(to: [matrix]))
    },
    row("Operation.scatter(axis:combining:)", Extreme.integers) {
      let positions = Tensor<Int64>([[.max, 0], [0, .min]])
      use(try Operation.scatter(axis: $0).apply(to: matrix, positions, matrix, as: Float.self))
    },
    row("Operation.sort(axis:descending:)", Extreme.integers) {
      use(try Operation.sort(axis: $0, descending: true).apply(to: [matrix]))
    },
    row("Operation.take(axis:)", Extreme.integers) {
      let positions = Tensor<Int64>([$0 < 0 ? .min : .max])
      use(try Operation.take(axis: $0).apply(to: matrix, positions, as: Float.self))
    },
    row("Operation.variance(axes:keepingAxes:ddof:)", Extreme.integers) {
      use(try Operation.variance(axes: [0], ddof: $0).apply(to: [matrix]))
    },
    row("Operation.redistribute(to:)", Extreme.placements) {
      use(try Operation.redistribute(to: $0).apply(to: [matrix]))
    },
    row("explain(_:)", Extreme.operands) { operand in
      _ = explain { (operand.make() + 1).sum() }.description
    },
    row("profile(_:)", Extreme.operands) { operand in
      _ = profile { use((operand.make() + 1).sum()) }.description
    },
    row("dryRun(ranks:reporting:_:)", Extreme.fewIntegers) { ranks in
      _ = try dryRun(ranks: ranks) {
        _ = Tensor<Float>.ones([3, 2], sharding: .sharded(axis: 0)).sum()
      }
    },
    row("dryRun(ranks:reporting:_:)", Extreme.integers) { rank in
      _ = try dryRun(ranks: 3, reporting: [rank]) {
        _ = Tensor<Float>.ones([3, 2], sharding: .sharded(axis: 0)).sum()
      }
    },
    row("withoutImplicitCommunication(limit:_:)", Extreme.integers) {
      use(withoutImplicitCommunication(limit: $0) { matrix + 1 })
    },
    row("onFirstRank(_:)") { onFirstRank {} },
    row("Mesh.init(_:)", Extreme.integers) { _ = try Mesh(["a": $0, "b": $0]) },
    row("Job.run(_:)") { Job.run { throw TensorError("trial", given: "a", expected: "b") } },
    row("Job.agreeing(on:_:)") {
      try Job.agreeing(on: "trial") { () throws(TensorError) in
        throw TensorError("trial", given: "a", expected: "b")
      }
    },
    row("print(_:separator:terminator:)", Extreme.operands) {
      Tessera.print($0.make(), separator: "", terminator: "")
    },
    row("RuntimeReport.gather(pages:)") { _ = try RuntimeReport.gather(pages: true) },
  ]

  private static func layer(_ inputs: Int, _ outputs: Int) -> Linear<Float> {
    Linear(inputs, outputs)
  }

  /// Training.
  static let ofTraining: [Row] = [
    row("Linear.init(_:_:key:name:)", Extreme.integers) { _ = layer($0, 3) },
    row("Linear.init(_:_:key:name:)", Extreme.integers) { _ = layer(3, $0) },
    row("Linear.callAsFunction(_:)", Extreme.operands) { use(layer(4, 2)($0.make())) },
    row("ReLU.callAsFunction(_:)", Extreme.operands) { use(ReLU()($0.make())) },
    row("Tanh.callAsFunction(_:)", Extreme.operands) { use(Tanh()($0.make())) },
    row("Sequential.init(_:)") { _ = Sequential<Float>().parameters },
    row("Sequential.callAsFunction(_:)", Extreme.operands) {
      use(Sequential(layer(4, 2), ReLU())($0.make()))
    },
    row("crossEntropy(_:_:)", Extreme.integers) {
      use(crossEntropy(matrix, Tensor<Int64>.full([3], Int64($0))))
    },
    row("crossEntropy(_:_:)", Extreme.operands) {
      use(crossEntropy($0.make(), Tensor<Int64>.zeros([3])))
    },
    row("meanSquaredError(_:_:)", Extreme.pairs) { pair in
      let (a, b) = pair.make()
      use(meanSquaredError(a, b))
    },
    row("SGD.init(learningRate:momentum:)", Extreme.doubles) { rate in
      for momentum in Extreme.doubles { _ = SGD(learningRate: rate, momentum: momentum) }
    },
    row("SGD.update(_:along:)", Extreme.operands) {
      SGD(learningRate: .nan).update([Parameter(matrix)], along: [$0.make()])
    },
    row("SGD.update(_:along:)") { SGD(learningRate: 1).update([Parameter(matrix)], along: []) },
    row("Adam.init(learningRate:beta1:beta2:epsilon:)", Extreme.doubles) {
      _ = Adam(learningRate: $0, beta1: $0, beta2: $0, epsilon: $0)
    },
    row("Adam.update(_:along:)", Extreme.operands) {
      Adam(learningRate: 1).update([Parameter(matrix)], along: [$0.make()])
    },
    row("Tensor.batch(of:)", Extreme.integers) { use(try matrix.batch(of: [$0])) },
    row("Batches.init(of:_:shuffledBy:)", Extreme.integers) {
      for batch in try Batches(of: $0, matrix, shuffledBy: Key(1)) { use(batch) }
    },
    row("Batches.init(of:_:order:)", Extreme.integers) { number in
      for batch in try Batches(of: 2, matrix, order: [0, number]) { use(batch) }
    },
    row("Batches.init(of:_:order:)", Extreme.operands) {
      for batch in try Batches(of: 2, $0.make(), order: [0]) { use(batch) }
    },
  ]
}
