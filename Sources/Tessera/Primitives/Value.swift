import Execution

/// A tensor without its type parameter, with the operators that pullbacks are written in.
///
/// Operators cannot throw: what an operation cannot give is a value without elements, whose body
/// has the error (`Body.failure`). Operations on it hand that on, and going back throws it.
///
/// Cotangents that are sums over a sharded axis stay partial, to be reduced once, when all
/// contributions have been added.
package struct Value: Sendable {
  package let body: Body

  package init(_ body: Body) { self.body = body }

  package var shape: Shape { body.shape }

  func apply(_ primitive: some Primitive, _ others: Value...) -> Value {
    apply(primitive, to: [self] + others)
  }

  /// - Parameter operands: this value and others.
  func apply(_ primitive: some Primitive, to operands: [Value]) -> Value {
    let bodies = operands.map(\.body)
    do throws(TensorError) {
      return Value(try primitive.apply(bodies))
    } catch {
      // Ranks that others wait for have taken part, or told their error.
      guard let plan = try? primitive.plan(bodies.map(\.description)) else {
        // What failed before may have another shape than it would have had.
        return failed(body.description, bodies.lazy.compactMap(\.failure).first ?? error)
      }
      return failed(plan.result, error)
    }
  }

  private func failed(_ description: TensorDescription, _ error: TensorError) -> Value {
    Value(Body(description, failed: error, runtime: body.runtime))
  }

  /// This value, or the error of what it was to come from.
  var checked: Value {
    get throws(TensorError) {
      if let failure = body.failure { throw failure }
      return self
    }
  }

  /// A replicated value on this one's mesh and runtime, made by constructors of tensors.
  func made(
    _ shape: Shape, _ type: ScalarType, _ make: () throws(TensorError) -> Body
  ) -> Value {
    body.runtime.makeCurrent {
      do throws(TensorError) {
        return Value(try make())
      } catch {
        return failed(
          TensorDescription(
            shape: shape, scalarType: type, sharding: .replicated(on: body.sharding.mesh)), error)
      }
    }
  }

  static func + (a: Value, b: Value) -> Value { a.apply(Binary(.add), b) }
  static func - (a: Value, b: Value) -> Value { a.apply(Binary(.subtract), b) }
  static func * (a: Value, b: Value) -> Value { a.apply(Binary(.multiply), b) }
  static func / (a: Value, b: Value) -> Value { a.apply(Binary(.divide), b) }
  static prefix func - (a: Value) -> Value { a.apply(Unary(.negate)) }

  static func * (a: Value, b: Double) -> Value { a.apply(ScalarBinary(.multiply, b, a.body)) }
  static func + (a: Value, b: Double) -> Value { a.apply(ScalarBinary(.add, b, a.body)) }
  static func - (a: Double, b: Value) -> Value {
    b.apply(ScalarBinary(.subtract, a, b.body, scalarIsFirst: true))
  }

  func unary(_ function: UnaryFunction) -> Value { apply(Unary(function)) }

  func compare(_ comparison: Comparison, _ other: Value) -> Value {
    apply(Compare(comparison), other)
  }

  func compare(_ comparison: Comparison, _ scalar: Double) -> Value {
    apply(ScalarCompare(comparison, ScalarValue(scalar, as: body.scalarType)))
  }

  /// 1 where the mask holds and 0 elsewhere, in the type of another value.
  func asMask(like other: Value) -> Value { apply(Convert(to: other.body.scalarType)) }

  /// Where the value is not a number.
  var isNaN: Value { apply(Classify(.isNaN)) }

  /// Where both masks hold.
  func and(_ other: Value) -> Value { apply(Binary(.and), other) }

  /// Where one of two masks holds.
  func or(_ other: Value) -> Value { apply(Binary(.or), other) }

  func sum(_ axes: [Int], keepingAxes: Bool = false) -> Value {
    apply(
      Reduce(.sum, axes: axes, keepingAxes: keepingAxes, placement: .partial(.sum)))
  }

  /// Repeated to a shape and a sharding.
  func expanded(like other: TensorDescription) -> Value {
    shape == other.shape && body.sharding == other.sharding
      ? self : apply(Expand(to: other.shape, sharding: other.sharding))
  }

  func reshaped(_ shape: Shape) -> Value { apply(Reshape(shape)) }

  func permuted(_ axes: [Int]) -> Value { apply(Permute(axes)) }

  /// The last two axes exchanged.
  var transposedMatrix: Value {
    if shape.count < 2, body.failure != nil { return self }
    var axes = Array(shape.indices)
    axes.swapAt(axes.count - 1, axes.count - 2)
    return permuted(axes)
  }

  func product(_ other: Value) -> Value {
    apply(MatrixProduct(placement: .partial(.sum)), other)
  }

  /// Summed over what broadcasting repeated, so that it has the shape of the operand that was
  /// repeated.
  func summed(to shape: Shape) -> Value {
    if self.shape == shape { return self }
    let added = self.shape.count - shape.count
    if added < 0, body.failure != nil { return self }
    let axes = self.shape.indices.filter { axis in
      axis < added || shape[axis - added] == 1 && self.shape[axis] != 1
    }
    let result = sum(axes, keepingAxes: axes.count > added)
    return result.shape == shape ? result : result.reshaped(shape)
  }
}

extension Value {
  /// Zeros of a shape on this value's runtime, lying as a tensor of that shape does, or replicated
  /// if it has another.
  func zeros(_ shape: Shape, _ type: ScalarType, like other: TensorDescription) -> Value {
    filled(0, shape, type, like: other)
  }

  private func filled(
    _ number: Double, _ shape: Shape, _ type: ScalarType, like other: TensorDescription
  ) -> Value {
    let isAlike = shape == other.shape && other.sharding.partialReduction == nil
    let description = TensorDescription(
      shape: shape, scalarType: type,
      sharding: isAlike ? other.sharding : .replicated(on: other.sharding.mesh))
    let runtime = body.runtime
    do throws(TensorError) {
      let block = try runtime.allocate(
        description.localShape(of: runtime.communicator.rank), type)
      runtime.executor.fill(block, with: ScalarValue(number, as: type))
      return Value(Body(description, block, runtime: runtime))
    } catch {
      return failed(description, error)
    }
  }

  /// Zeros of a body's shape that lie as it does, replicated if it is partial.
  static func zeros(like body: Body) -> Value {
    Value(body).zeros(body.shape, body.scalarType, like: body.description)
  }

  /// A single zero of the same type and mesh.
  var zero: Value { constant(0) }

  /// A single number in the same type, on the same mesh.
  func constant(_ number: Double) -> Value {
    filled(number, [], body.scalarType, like: body.description)
  }

  /// The numbers of the value's elements in row-major order, in its shape, replicated.
  var order: Value {
    made(shape, .int64) { () throws(TensorError) in
      try Tensor<Int64>(checked: Array(0..<Int64(shape.elementCount)), shape: shape).body
    }
  }

  /// The value under a given sharding.
  func lying(_ sharding: Sharding) -> Value {
    body.sharding == sharding ? self : apply(Redistribute(to: sharding))
  }
}
