import Foundation
import Tessera

extension Row {
  /// Tensors out of nothing, out of arrays, at random, and from memory of others.
  static let ofCreation: [Row] = [
    row("Tensor.full(_:_:sharding:)", Extreme.shapes) { use(Tensor<Float>.full($0, .nan)) },
    row("Tensor.full(_:_:sharding:)", Extreme.placements) {
      use(Tensor<Int8>.full([3, 4], .min, sharding: $0))
    },
    row("Tensor.init(_:shape:sharding:)", Extreme.shapes) {
      use(Tensor<Float>([1, 2], shape: $0))
    },
    row("Tensor.init(_:shape:sharding:)", Extreme.placements) {
      use(Tensor<Float>([1, 2], shape: [2], sharding: $0))
    },
    row("Tensor.full(_:like:)", Extreme.operands) {
      use(Tensor<Double>.full(.nan, like: $0.make()))
    },
    row("Tensor.zeros(_:sharding:)", Extreme.shapes) { use(Tensor<Float>.zeros($0)) },
    row("Tensor.zeros(_:sharding:)", Extreme.placements) {
      use(Tensor<Int64>.zeros([3, 4], sharding: $0))
    },
    row("Tensor.ones(_:sharding:)", Extreme.shapes) { use(Tensor<UInt8>.ones($0)) },
    row("Tensor.ones(_:sharding:)", Extreme.placements) {
      use(Tensor<Float>.ones([], sharding: $0))
    },
    row("Tensor.zeros(_:sharding:)", Extreme.shapes) { use(Tensor<Bool>.zeros($0)) },
    row("Tensor.ones(_:sharding:)", Extreme.placements) {
      use(Tensor<Bool>.ones([3, 4], sharding: $0))
    },
    row("Tensor.zeros(like:)", Extreme.operands) { use(Tensor<Bool>.zeros(like: $0.make())) },
    row("Tensor.ones(like:)", Extreme.operands) { use(Tensor<Bool>.ones(like: $0.make())) },
    row("Tensor.zeros(like:)", Extreme.operands) { use(Tensor<Double>.zeros(like: $0.make())) },
    row("Tensor.ones(like:)", Extreme.operands) { use(Tensor<Int8>.ones(like: $0.make())) },
    row("Tensor.arange(_:sharding:)", Extreme.integers) { use(Tensor<Float>.arange($0)) },
    row("Tensor.arange(_:sharding:)", Extreme.integers) { use(Tensor<Int8>.arange($0)) },
    row("Tensor.eye(_:columns:sharding:)", Extreme.integers) { use(Tensor<Float>.eye($0)) },
    row("Tensor.eye(_:columns:sharding:)", Extreme.integers) {
      use(Tensor<Float>.eye(3, columns: $0))
    },
    row("Tensor.arange(from:to:by:sharding:)", Extreme.numbers) { number in
      use(Tensor<Float>.arange(from: 0, to: 1, by: number))
    },
    row("Tensor.arange(from:to:by:sharding:)", Extreme.numbers) {
      use(Tensor<Float>.arange(from: $0, to: 1))
    },
    row("Tensor.arange(from:to:by:sharding:)", Extreme.numbers) {
      use(Tensor<Float>.arange(from: 0, to: $0))
    },
    row("Tensor.arange(from:to:by:sharding:)", Extreme.integers) {
      use(Tensor<Int64>.arange(from: 0, to: 10, by: $0))
    },
    row("Tensor.arange(from:to:by:sharding:)", Extreme.integers) {
      use(Tensor<Int64>.arange(from: 0, to: Int64($0)))
    },
    row("Tensor.linspace(from:to:count:sharding:)", Extreme.integers) {
      use(Tensor<Float>.linspace(from: 0, to: 1, count: $0))
    },
    row("Tensor.linspace(from:to:count:sharding:)", Extreme.numbers) {
      use(Tensor<Float>.linspace(from: $0, to: 1, count: 5))
    },
    row("TensorLiteral.init(arrayLiteral:)") { _ = TensorLiteral<Float>(arrayLiteral: [], [[]]) },
    row("TensorLiteral.init(integerLiteral:)") { _ = TensorLiteral<Float>(integerLiteral: .max) },
    row("TensorLiteral.init(floatLiteral:)") { _ = TensorLiteral<Float>(floatLiteral: .nan) },
    row("TensorLiteral.init(booleanLiteral:)") { _ = TensorLiteral<Bool>(booleanLiteral: true) },
    row("Tensor.init(arrayLiteral:)") { use(Tensor<Float>(arrayLiteral: [], [1], [[2]])) },
    row("Tensor.init(arrayLiteral:)") { use(Tensor<Float>(arrayLiteral: [[]], [[]])) },
    row("Tensor.init(_:)", [[], [[]], [[1], []], [[1], [2]]] as [[[Float]]]) { use(Tensor($0)) },
    row("Tensor.init(_:)", [2, 100, 5_000, 200_000]) { depth in
      var literal = TensorLiteral<Float>.scalar(1)
      for _ in 0..<depth { literal = .array([literal]) }
      use(Tensor<Float>([literal]))
    },
    row("Tensor.init(_:)", [0..<0, 0..<3] as [Range<Int32>]) { use(Tensor($0)) },
    row("Key.init(_:)", [0, .max] as [UInt64]) { _ = Key($0) },
    row("Key.split(_:)", Extreme.integers.filter { $0 != 1 << 31 }) { _ = Key(1).split($0) },
    row("Key.folded(in:)", Extreme.integers) { _ = Key(1).folded(in: $0) },
    row("Tensor.rand(_:key:sharding:)", Extreme.shapes) {
      use(Tensor<Float>.rand($0, key: Key(1)))
    },
    row("Tensor.rand(_:key:sharding:)", Extreme.placements) {
      use(Tensor<Double>.rand([3, 4], key: Key(1), sharding: $0))
    },
    row("Tensor.randn(_:key:sharding:)", Extreme.shapes) {
      use(Tensor<Float>.randn($0, key: Key(.max)))
    },
    row("Tensor.randint(_:in:key:sharding:)", Extreme.shapes) {
      use(Tensor<Int8>.randint($0, in: -1..<1, key: Key(1)))
    },
    row("Tensor.randint(_:in:key:sharding:)", Extreme.integers) {
      use(Tensor<Int64>.randint([5], in: Int64.min...Int64($0), key: Key(1)))
    },
    row("Tensor.randint(_:in:key:sharding:)", Extreme.integers) {
      use(Tensor<Int64>.randint([5], in: Int64($0)..<Int64.max, key: Key(1)))
    },
    row("Tensor.permutation(_:key:sharding:)", Extreme.integers) {
      use(Tensor<Int64>.permutation($0, key: Key(1)))
    },
    row("Tensor.permutation(_:key:sharding:)", Extreme.integers) {
      use(Tensor<UInt8>.permutation($0, key: Key(1)))
    },
    row("Tensor.init(sharing:shape:sharding:release:)", Extreme.shapes) { shape in
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 12)
      buffer.initialize(repeating: 1)
      use(Tensor(sharing: buffer, shape: shape))
    },
    row("Tensor.init(sharing:shape:sharding:release:)", Extreme.placements) { placement in
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 12)
      buffer.initialize(repeating: 1)
      use(Tensor(sharing: UnsafeBufferPointer(buffer), shape: [3, 4], sharding: placement))
    },
    row("Tensor.init(sharing:shape:sharding:release:)") {
      use(Tensor(sharing: UnsafeBufferPointer<Float>(start: nil, count: 0), shape: [0]))
    },
    row("Tensor.withUnsafeBuffer(_:)", Extreme.operands) {
      $0.make().withUnsafeBuffer { _ = $0.count }
    },
    row("Tensor.withUnsafeMutableBuffer(_:)", Extreme.operands) { operand in
      var x = operand.make()
      x.withUnsafeMutableBuffer { if !$0.isEmpty { $0[0] = .nan } }
    },
    row("Float.init(_:)", Extreme.operands) { _ = Float($0.make()) },
    row("Double.init(_:)", Extreme.operands) { _ = Double($0.make()) },
    row("Int.init(_:)", Extreme.numbers) { _ = Int(Tensor<Float>($0)) },
    row("Int.init(_:)", [0, .max] as [UInt64]) { _ = Int(Tensor<UInt64>($0)) },
    row("IntegerTensorScalar.init(scalarValue:)", Extreme.integers) {
      _ = Int8(scalarValue: Int64($0).scalarValue)
    },
    row("Float.init(scalarValue:)", Extreme.integers) {
      _ = Float(scalarValue: Int64($0).scalarValue)
    },
    row("Double.init(scalarValue:)", Extreme.integers) {
      _ = Double(scalarValue: Int64($0).scalarValue)
    },
    row("Bool.init(scalarValue:)", Extreme.integers) {
      _ = Bool(scalarValue: Int64($0).scalarValue)
    },
  ]
}
