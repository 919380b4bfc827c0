import Tessera

/// A case with its operands: what is left is to call it.
struct Trial {
  /// One call, with its result evaluated; the identifier of the storage that holds it.
  let call: () -> UInt64

  /// Makes one more call and tells what is wrong with the part of its result that this rank holds.
  ///
  /// The result may be spoiled before it is looked at, to show that the look would find a fault.
  /// Collective.
  let fault: (_ isSpoiled: Bool) -> String?

  /// Others that do the same.
  var peers: [Contender] = []

  /// What the call does at once, each by itself: more than one thing where it is told how much of
  /// one hides behind the others.
  var parts: [Contender] = []

  /// Makes one more call and tells the bytes of its results on this rank, where that is of
  /// interest.
  var resultBytes: (() -> Int)?

  /// A call whose result is not one tensor; `fault` makes one, too.
  init(call: @escaping () -> UInt64, fault: @escaping (_ isSpoiled: Bool) -> String?) {
    self.call = call
    self.fault = fault
  }

  /// - Parameters:
  ///   - isInPlace: whether every call must leave its result in the same storage.
  ///   - fault: given the position of the first of some neighbouring elements of the flattened
  ///     result.
  init<S: FloatingPointTensorScalar>(
    isInPlace: Bool = false, fault: @escaping (_ first: Int, UnsafeBufferPointer<S>) -> String?,
    result: @escaping () -> Tensor<S>
  ) {
    call = { result().storageIdentifier }
    self.fault = { isSpoiled in
      let earlier = result().storageIdentifier
      let whole = result()
      if isInPlace, whole.storageIdentifier != earlier { return "results in changing storage" }
      var elements = whole.flattened()
      if isSpoiled { elements[-1] = 1000 }
      let first = elements.localRanges[0].lowerBound
      return elements.withUnsafeBuffer { fault(first, $0) }
    }
  }

  /// Compares with what the element at each position of the flattened result should be; some
  /// thousands of elements of a large result, always the last one among them.
  ///
  /// - Parameter tolerance: relative to what is expected, or to 1 where that is larger.
  init<S: FloatingPointTensorScalar>(
    tolerance: Double, isInPlace: Bool = false, expected: @escaping (_ position: Int) -> Double,
    result: @escaping () -> Tensor<S>
  ) {
    self.init(
      isInPlace: isInPlace,
      fault: { first, elements in
        let step = elements.count / 4096 | 1
        let last = elements.isEmpty ? [] : [elements.count - 1]
        for index in Array(stride(from: 0, to: elements.count, by: step)) + last {
          let expected = expected(first + index)
          let given = Double(elements[index])
          guard abs(given - expected) <= tolerance * max(abs(expected), 1) else {
            return "\(given) instead of \(expected) at position \(first + index)"
          }
        }
        return nil
      }, result: result)
  }

  /// Throws on all ranks if a result is wrong on one, or if a spoiled one passes. Collective.
  func check(_ name: String) throws(TensorError) {
    let found = fault(false)
    try Job.agreeing(on: name) { () throws(TensorError) in
      if let found { throw TensorError(name, given: found, expected: "the right result") }
    }
    let foundWhenSpoiled = fault(true)
    do {
      try Job.agreeing(on: name) { () throws(TensorError) in
        if let foundWhenSpoiled {
          throw TensorError(name, given: foundWhenSpoiled, expected: "a fault")
        }
      }
    } catch {
      return
    }
    throw TensorError(
      name, given: "a check that accepts a spoiled result", expected: "one that finds the fault")
  }
}

/// Numbers that follow from their position, so that a result can be told without the library.
///
/// Element i is ((multiplier · i) mod 1021 + 1) / 512, in 1/512 … 2, so that Float holds sums of
/// thousands.
struct Pattern {
  private static let period = 1021

  let multiplier: Int

  static let first = Pattern(multiplier: 37)
  static let second = Pattern(multiplier: 501)

  func callAsFunction(_ position: Int) -> Double { Double(residue(position) + 1) / 512 }

  private func residue(_ position: Int) -> Int {
    position % Self.period * multiplier % Self.period
  }

  /// The sum of the elements before a position: as the period is a prime, each number appears once
  /// in it.
  func sum(upTo count: Int) -> Double {
    let (periods, rest) = count.quotientAndRemainder(dividingBy: Self.period)
    let period = Self.period * (Self.period + 1) / 2
    return (0..<rest).reduce(Double(periods * period) / 512) { $0 + self($1) }
  }

  /// A matrix of these numbers in row-major order, sharded by rows or replicated. Local.
  func matrix<S: FloatingPointTensorScalar>(
    _ rows: Int, _ columns: Int, _ type: S.Type = Float.self,
    sharding: Placement = .sharded(axis: 0)
  ) -> Tensor<S> {
    // Residues of a sum follow from the residues of its terms: no vector of all positions is
    // needed.
    let ofRows = Tensor<Int32>(
      (0..<rows).map { Int32(residue($0 * columns)) }, shape: [rows, 1], sharding: sharding)
    let ofColumns = Tensor<Int32>((0..<columns).map { Int32(residue($0)) }, shape: [columns])
    return ((ofRows + ofColumns) % Int32(Self.period) + 1).converted(to: S.self) / 512
  }
}
