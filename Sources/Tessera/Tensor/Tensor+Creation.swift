import Execution

extension Tensor {
  /// A tensor whose local part is filled by a closure. Local.
  static func make(
    _ operation: String, _ shape: Shape, _ placement: Placement,
    _ fill: (Runtime, StridedBlock, Box) throws(TensorError) -> Void
  ) throws(TensorError) -> Tensor {
    let runtime = Runtime.current
    let description = try described(operation, shape, placement, on: runtime)
    let rank = runtime.communicator.rank
    let block = try runtime.allocate(
      description.localShape(of: rank), Scalar.scalarType, for: operation)
    try fill(runtime, block, description.box(of: rank))
    return Tensor(Body(description, block, runtime: runtime))
  }

  /// What a new tensor is.
  private static func described(
    _ operation: String, _ shape: Shape, _ placement: Placement, on runtime: Runtime
  ) throws(TensorError) -> TensorDescription {
    let shape = try shape.validated(for: operation)
    let sharding = try Sharding(placement, of: shape, on: runtime.mesh, for: operation)
    guard sharding.partialReduction == nil else {
      throw TensorError(
        operation, given: "placement \(placement)", expected: "sharded(axis:) or replicated")
    }
    return TensorDescription(shape: shape, scalarType: Scalar.scalarType, sharding: sharding)
  }

  /// Every element the same value. Local.
  public static func full(
    _ shape: Shape, _ value: Scalar, sharding: Placement = .replicated
  ) -> Tensor {
    orEnd { () throws(TensorError) in try filled("full", shape, value, sharding: sharding) }
  }

  static func filled(
    _ operation: String, _ shape: Shape, _ value: Scalar, sharding: Placement = .replicated
  ) throws(TensorError) -> Tensor {
    try make(operation, shape, sharding) { runtime, block, _ in
      runtime.executor.fill(block, with: value.scalarValue)
    }
  }

  /// The elements given in row-major order. Every rank gives all of them and keeps its part.
  public init(_ scalars: [Scalar], shape: Shape, sharding: Placement = .replicated) {
    self = orEnd { () throws(TensorError) in
      try Tensor(checked: scalars, shape: shape, sharding: sharding)
    }
  }

  package init(
    checked scalars: [Scalar], shape: Shape, sharding: Placement = .replicated
  ) throws(TensorError) {
    let shape = try shape.validated(for: "Tensor")
    guard scalars.count == shape.elementCount else {
      throw TensorError(
        "Tensor", given: "\(scalars.count) scalars for shape \(shape)",
        expected: "\(shape.elementCount) scalars")
    }
    let runtime = Runtime.current
    guard runtime.executor.holdsElements else {
      // What the program gives itself is known also where nothing is computed.
      let description = try Self.described("Tensor", shape, sharding, on: runtime)
      let box = description.box(of: runtime.communicator.rank)
      let whole = try scalars.withUnsafeBytes { bytes in
        Result { () throws(TensorError) in
          try runtime.givenBlock(bytes, shape, Scalar.scalarType)
        }
      }.get()
      let block = whole.slice(box.ranges)
      self.init(Body(description, block, runtime: runtime))
      return
    }
    self = try .make("Tensor", shape, sharding) { (runtime, block, box) throws(TensorError) in
      let whole = try runtime.block(of: scalars, shape: shape)
      runtime.executor.copy(whole.slice(box.ranges), into: block)
    }
  }

  /// As many axes as `other`, on the same mesh and cut alike.
  private static func full(like other: Tensor<some TensorScalar>, _ value: Scalar) -> Tensor {
    let runtime = other.body.runtime
    return orEnd(runtime) { () throws(TensorError) in
      let description = TensorDescription(
        shape: other.shape, scalarType: Scalar.scalarType,
        sharding: other.sharding.reduced)
      let block = try runtime.allocate(
        description.localShape(of: runtime.communicator.rank), Scalar.scalarType, for: "full")
      runtime.executor.fill(block, with: value.scalarValue)
      return Tensor(Body(description, block, runtime: runtime))
    }
  }

  /// The given value in the shape and sharding of another tensor. Local.
  public static func full(_ value: Scalar, like other: Tensor<some TensorScalar>) -> Tensor {
    full(like: other, value)
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// Every element 0. Local.
  public static func zeros(_ shape: Shape, sharding: Placement = .replicated) -> Tensor {
    orEnd { () throws(TensorError) in try filled("zeros", shape, 0, sharding: sharding) }
  }

  /// Every element 1. Local.
  public static func ones(_ shape: Shape, sharding: Placement = .replicated) -> Tensor {
    orEnd { () throws(TensorError) in try filled("ones", shape, 1, sharding: sharding) }
  }

  /// Zeros in the shape and sharding of another tensor. Local.
  public static func zeros(like other: Tensor<some TensorScalar>) -> Tensor {
    full(like: other, 0)
  }

  /// Ones in the shape and sharding of another tensor. Local.
  public static func ones(like other: Tensor<some TensorScalar>) -> Tensor {
    full(like: other, 1)
  }

  /// 0, 1, …, count − 1, each rounded to what the type can tell apart; an integer type must have
  /// them all.
  public static func arange(_ count: Int, sharding: Placement = .replicated) -> Tensor {
    orEnd { () throws(TensorError) in try checkHolds(count, for: "arange") }
    return progression("arange", count: count, sharding: sharding) {
      Scalar(exactly: $0) ?? Scalar(scalarValue: ScalarValue(Double($0), as: Scalar.scalarType))
    }
  }

  /// One on the diagonal, zero elsewhere: [count, columns ?? count].
  public static func eye(
    _ count: Int, columns: Int? = nil, sharding: Placement = .replicated
  ) -> Tensor {
    let columns = columns ?? count
    return orEnd { () throws(TensorError) in
      try make("eye", [count, columns], sharding) { (runtime, block, box) throws(TensorError) in
        runtime.executor.fill(block, with: Scalar.zero.scalarValue)
        for row in box.ranges[0] where box.ranges[1].contains(row) {
          let (i, j) = (row - box.ranges[0].lowerBound, row - box.ranges[1].lowerBound)
          runtime.executor.fill(
            block.slice([i..<i + 1, j..<j + 1]), with: (1 as Scalar).scalarValue)
        }
      }
    }
  }

  /// Refuses to count further than an integer type goes.
  package static func checkHolds(_ count: Int, for operation: String) throws(TensorError) {
    guard Scalar.scalarType.isFloatingPoint || count <= 0 || Scalar(exactly: count - 1) != nil
    else {
      throw TensorError(
        operation, given: "\(count) elements of \(Scalar.scalarType)",
        expected: "no more than the type has numbers from 0 on")
    }
  }

  /// A row of elements that follow from their positions.
  static func progression(
    _ operation: String, count: Int, sharding: Placement, _ element: (Int) -> Scalar
  ) -> Tensor {
    orEnd { () throws(TensorError) in
      guard count >= 0 else {
        throw TensorError(
          operation, given: "\(count) elements", expected: "a number that is not negative")
      }
      return try make(operation, [count], sharding) { (runtime, block, box) throws(TensorError) in
        let range = box.ranges[0]
        guard runtime.executor.holdsElements else { return }
        runtime.executor.copy(
          try runtime.block(of: range.map(element), shape: [range.count]), into: block)
      }
    }
  }
}

extension Tensor where Scalar == Bool {
  /// Every element false. Local.
  public static func zeros(_ shape: Shape, sharding: Placement = .replicated) -> Tensor {
    orEnd { () throws(TensorError) in try filled("zeros", shape, false, sharding: sharding) }
  }

  /// Every element true. Local.
  public static func ones(_ shape: Shape, sharding: Placement = .replicated) -> Tensor {
    orEnd { () throws(TensorError) in try filled("ones", shape, true, sharding: sharding) }
  }

  /// False in the shape and sharding of another tensor. Local.
  public static func zeros(like other: Tensor<some TensorScalar>) -> Tensor {
    full(like: other, false)
  }

  /// True in the shape and sharding of another tensor. Local.
  public static func ones(like other: Tensor<some TensorScalar>) -> Tensor {
    full(like: other, true)
  }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// start, start + step, … up to but not including `end`; each element is start + i · step.
  ///
  /// There are ⌈(end − start) / step⌉ elements. With a fractional step rounding can make that one
  /// more, which then is the end or close to it, as in NumPy: use `linspace`, where the number of
  /// elements matters.
  public static func arange(
    from start: Scalar, to end: Scalar, by step: Scalar = 1, sharding: Placement = .replicated
  ) -> Tensor {
    let steps = ((end - start) / step).rounded(.up)
    guard steps.isFinite, step != 0, steps < Scalar(Int32.max) * 1024 else {
      return orEnd { () throws(TensorError) in
        throw TensorError(
          "arange", given: "\(start) to \(end) by \(step)",
          expected: "finite bounds, a step that is not zero, and fewer than 2^41 steps")
      }
    }
    return progression("arange", count: Int(Swift.max(steps, 0)), sharding: sharding) {
      start + Scalar($0) * step
    }
  }

  /// `count` elements from `start` to `end`, both included, evenly spaced.
  public static func linspace(
    from start: Scalar, to end: Scalar, count: Int, sharding: Placement = .replicated
  ) -> Tensor {
    progression("linspace", count: count, sharding: sharding) { index in
      // The bounds themselves, whatever they are.
      if index == 0 { return start }
      if index == count - 1 { return end }
      let part = Scalar(index) / Scalar(Swift.max(count - 1, 1))
      let width = end - start
      // The width of finite bounds may be beyond the largest number.
      return width.isInfinite && start.isFinite && end.isFinite
        ? start * (1 - part) + end * part : start + width * part
    }
  }
}

extension Tensor where Scalar: IntegerTensorScalar {
  /// start, start + step, … up to but not including `end`.
  public static func arange(
    from start: Scalar, to end: Scalar, by step: Int = 1, sharding: Placement = .replicated
  ) -> Tensor {
    guard step != 0 else {
      return orEnd { () throws(TensorError) in
        throw TensorError("arange", given: "a step of 0", expected: "another step")
      }
    }
    let isEmpty = step > 0 ? end <= start : end >= start
    // Words without a sign, as neither the distance nor the size of the step need be an Int; nor
    // need the bounds.
    let (first, last) = (Int(truncatingIfNeeded: start), Int(truncatingIfNeeded: end))
    let distance = UInt(bitPattern: step > 0 ? last &- first : first &- last)
    let count = isEmpty ? 0 : (distance - 1) / step.magnitude + 1
    return progression("arange", count: Int(clamping: count), sharding: sharding) {
      Scalar(truncatingIfNeeded: first &+ $0 &* step)
    }
  }
}

extension Runtime {
  /// A block with a copy of an array's elements.
  func block<Scalar: TensorScalar>(
    of scalars: [Scalar], shape: Shape
  ) throws(TensorError) -> StridedBlock {
    let block = try allocate(shape, Scalar.scalarType)
    scalars.withUnsafeBytes { source in
      if source.count > 0 { block.range.bytes.copyMemory(from: source) }
    }
    return block
  }
}
