import Execution

extension Tensor {
  /// All elements in row-major order.
  ///
  /// Collective if the tensor is sharded: called by all ranks, every rank gets all elements.
  public var scalars: [Scalar] {
    orEnd(body.runtime) { () throws(TensorError) in try gatheredScalars() }
  }

  /// What `scalars` gives, throwing.
  package func gatheredScalars(
    for operation: String = "scalars"
  ) throws(TensorError) -> [Scalar] {
    let whole = try Redistribute(to: .replicated).apply([body])
    return try Tensor(whole).localScalars(for: operation)
  }

  /// The elements of this rank's part in row-major order. Local.
  public var localPart: [Scalar] {
    orEnd(body.runtime) { () throws(TensorError) in try localScalars() }
  }

  package func localScalars(
    for operation: String = "localPart"
  ) throws(TensorError) -> [Scalar] {
    let runtime = body.runtime
    let block = try runtime.contiguous(body.block)
    let bytes = try runtime.executor.bytes(of: block, for: operation)
    return withExtendedLifetime(block.storage) { Array(bytes.bindMemory(to: Scalar.self)) }
  }

  /// The value of a tensor with one element.
  ///
  /// Collective if the tensor is sharded: called by all ranks, every rank gets the value.
  public func item() -> Scalar {
    orEnd(body.runtime) { () throws(TensorError) in try checkedItem() }
  }

  /// The value of a tensor with one element; in a dry run, where there is none, the value to be
  /// assumed. Collective as `item()` is.
  public func item(assuming value: Scalar) -> Scalar {
    orEnd(body.runtime) { () throws(TensorError) in
      if body.runtime.executor.holdsElements { return try checkedItem() }
      // What it would cost counts all the same.
      _ = try Redistribute(to: .replicated).apply([body])
      return value
    }
  }

  /// The same, throwing, for what the user has called.
  package func checkedItem(for operation: String = "item") throws(TensorError) -> Scalar {
    guard elementCount == 1 else {
      throw TensorError(operation, given: "shape \(shape)", expected: "one element")
    }
    // What every rank has needs no plan.
    guard body.sharding.isReplicated else { return try gatheredScalars(for: operation)[0] }
    let body = try self.body.brought(to: self.body.runtime, for: operation)
    let block = try body.block
    let bytes = try body.runtime.executor.bytes(of: block, for: operation)
    return withExtendedLifetime(block.storage) { bytes.bindMemory(to: Scalar.self)[0] }
  }

  fileprivate func item(for operation: String) -> Scalar {
    orEnd(body.runtime) { () throws(TensorError) in try checkedItem(for: operation) }
  }
}

extension Tensor: Equatable {
  /// Whether shapes and all elements are equal; NaN differs from itself.
  ///
  /// Collective if a tensor is sharded: called by all ranks, every rank gets the answer.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape && (a .== b).all().item()
  }
}

extension Float {
  /// The value of a tensor with one element; collective if it is sharded.
  public init(_ tensor: Tensor<some FloatingPointTensorScalar>) {
    self.init(tensor.item(for: "Float(_:)"))
  }
  /// The value of an integer tensor with one element; collective if it is sharded.
  public init(_ tensor: Tensor<some IntegerTensorScalar>) {
    self.init(tensor.item(for: "Float(_:)"))
  }
}

extension Double {
  /// The value of a tensor with one element; collective if it is sharded.
  public init(_ tensor: Tensor<some FloatingPointTensorScalar>) {
    self.init(tensor.item(for: "Double(_:)"))
  }
  /// The value of an integer tensor with one element; collective if it is sharded.
  public init(_ tensor: Tensor<some IntegerTensorScalar>) {
    self.init(tensor.item(for: "Double(_:)"))
  }
}

extension Int {
  /// The value of a tensor with one element; truncated, saturating, NaN gives 0. Collective if it
  /// is sharded.
  public init(_ tensor: Tensor<some FloatingPointTensorScalar>) {
    self.init(tensor.converted(to: Int64.self).item(for: "Int(_:)"))
  }
  /// The value of an integer tensor with one element, saturating; collective if it is sharded.
  public init(_ tensor: Tensor<some IntegerTensorScalar>) {
    self.init(clamping: tensor.item(for: "Int(_:)"))
  }
}
