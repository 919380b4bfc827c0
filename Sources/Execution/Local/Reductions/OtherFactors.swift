import Shapes

/// Products of all factors but one, and their derivatives, without dividing.
///
/// A factor is x + ε₁h₁ + … + εₘhₘ with εᵢ² = 0: with the coefficient of ε₁⋯εₘ in the product of
/// all others, m cotangents of the product are carried on, so that one rule gives derivatives of
/// every order. A product is held as its 2ᵐ coefficients, one for each set of the εᵢ, and an
/// exponent of 2 that they have in common: it neither overflows nor vanishes on the way.
public struct FactorAlgebra: Sendable {
  /// How many εᵢ there are.
  let count: Int
  /// The number of coefficients.
  var coefficients: Int { 1 << count }
  /// Doubles that a product takes: the coefficients, then the exponent.
  public var width: Int { coefficients + 1 }

  /// - Parameter operands: the factors and the tensors that go with the εᵢ.
  public init(operands: Int) { count = operands - 1 }

  /// What changes nothing.
  func reset(_ product: UnsafeMutablePointer<Double>) {
    product.update(repeating: 0, count: width)
    product[0] = 1
  }

  /// a·b; for other coefficients than the first, 0 is the absence of a term, which no infinity
  /// makes a NaN.
  @inline(__always)
  private func term(_ a: Double, _ b: Double) -> Double { a == 0 || b == 0 ? 0 : a * b }

  /// Multiplies a product by one factor, whose parts lie at the same place of several runs.
  @inline(__always)
  func multiply<T: BinaryFloatingPoint>(
    _ product: UnsafeMutablePointer<Double>, by runs: [UnsafeMutablePointer<T>], at place: Int
  ) {
    let x = Double(runs[0][place])
    // Of Doubles alone a product with a coefficient could leave the range.
    var shift = 0
    if T.self == Double.self {
      var size = x.magnitude
      for run in runs.dropFirst() { size = max(size, Double(run[place]).magnitude) }
      if !(size < 0x1p500 && size > 0x1p-500), size != 0, size.isFinite {
        shift = Int(size.exponent)
        product[coefficients] += Double(shift)
      }
    }
    func scaled(_ value: Double) -> Double { shift == 0 ? value : value.scaled(by: -shift) }
    var set = coefficients - 1
    while set > 0 {
      var sum = term(product[set], scaled(x))
      for index in 0..<count where set & (1 << index) != 0 {
        sum += term(product[set & ~(1 << index)], scaled(Double(runs[index + 1][place])))
      }
      product[set] = sum
      set -= 1
    }
    product[0] *= scaled(x)
    normalize(product)
  }

  /// Multiplies a product by another one.
  func multiply(_ product: UnsafeMutablePointer<Double>, by other: UnsafePointer<Double>) {
    var set = coefficients - 1
    while set > 0 {
      // Sets below this one are still as they were.
      product[set] = coefficient(of: set, product, other)
      set -= 1
    }
    product[0] *= other[0]
    product[coefficients] += other[coefficients]
    normalize(product)
  }

  /// The coefficient of all εᵢ in the product of two products, rounded once.
  @inline(__always)
  func last(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>) -> Double {
    let value = count == 0 ? a[0] * b[0] : coefficient(of: coefficients - 1, a, b)
    let exponent = a[coefficients] + b[coefficients]
    return exponent == 0 ? value : value.scaled(by: Int(min(max(exponent, -9999), 9999)))
  }

  @inline(__always)
  private func coefficient(
    of set: Int, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>
  ) -> Double {
    var sum = 0.0
    var part = set
    while true {
      sum += term(a[part], b[set & ~part])
      if part == 0 { return sum }
      part = (part - 1) & set
    }
  }

  /// Keeps the largest coefficient far from both ends of what a Double holds.
  @inline(__always)
  private func normalize(_ product: UnsafeMutablePointer<Double>) {
    var size = product[0].magnitude
    if count > 0 {
      for set in 1..<coefficients { size = max(size, product[set].magnitude) }
    }
    if size < 0x1p200 && size > 0x1p-200 || size == 0 || !size.isFinite { return }
    for set in 0..<coefficients { product[set] = product[set].scaled(by: -Int(size.exponent)) }
    product[coefficients] += Double(size.exponent)
  }
}

extension HostExecutor {
  /// Factors that one worker multiplies in a row; products of a line are joined from these pieces,
  /// whatever the number of workers.
  private static let factorsPerPiece = 1024

  /// For each line of factors the product of what this rank holds, as `FactorAlgebra` holds it.
  ///
  /// - Parameters:
  ///   - operands: contiguous, of one type and shape; the last axis is the line.
  ///   - target: [lines, width], of Double, contiguous.
  public func factorTotals(_ operands: [StridedBlock], into target: StridedBlock) {
    operands[0].type == .float32
      ? factorTotals(operands, into: target, as: Float.self)
      : factorTotals(operands, into: target, as: Double.self)
  }

  private func factorTotals<T: BinaryFloatingPoint>(
    _ operands: [StridedBlock], into target: StridedBlock, as type: T.Type
  ) {
    let algebra = FactorAlgebra(operands: operands.count)
    let pieces = FactorPieces(operands[0].shape, Self.factorsPerPiece)
    let totals = pieceTotals(operands, pieces, as: type)
    let output = target.base.bindMemory(to: Double.self, capacity: target.elementCount)
    for line in 0..<pieces.lines {
      let total = output + line * algebra.width
      algebra.reset(total)
      for piece in 0..<pieces.perLine {
        totals.withUnsafeBufferPointer {
          algebra.multiply(
            total, by: $0.baseAddress! + (line * pieces.perLine + piece) * algebra.width)
        }
      }
    }
  }

  /// For each factor the product of all others in its line.
  ///
  /// - Parameters:
  ///   - operands: contiguous, of one type and shape; the last axis is the line.
  ///   - outside: [ranks, lines, width] of Double, contiguous: the totals of every rank; nil where
  ///     a line lies on one.
  ///   - rank: this one, whose row there is not outside.
  ///   - target: of the same type and shape, contiguous.
  public func otherFactors(
    _ operands: [StridedBlock], outside: StridedBlock?, rank: Int, into target: StridedBlock
  ) {
    operands[0].type == .float32
      ? otherFactors(operands, outside, rank, into: target, as: Float.self)
      : otherFactors(operands, outside, rank, into: target, as: Double.self)
  }

  private func otherFactors<T: BinaryFloatingPoint>(
    _ operands: [StridedBlock], _ outside: StridedBlock?, _ rank: Int, into target: StridedBlock,
    as type: T.Type
  ) {
    let algebra = FactorAlgebra(operands: operands.count)
    let width = algebra.width
    let pieces = FactorPieces(operands[0].shape, Self.factorsPerPiece)
    if target.elementCount == 0 { return }
    let around = surroundings(operands, pieces, outside, rank, as: type)
    let runs = operands.map { $0.base.assumingMemoryBound(to: T.self) }
    let output = target.base.assumingMemoryBound(to: T.self)
    around.withUnsafeBufferPointer { around in
      let around = around.baseAddress!
      forEachPiece(pieces) { piece in
        let range = pieces.range(of: piece)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: (range.count + 2) * width) {
          buffer in
          // The products of what comes after each place.
          let after = buffer.baseAddress!
          algebra.reset(after + range.count * width)
          for place in (0..<range.count).reversed() {
            (after + place * width).update(from: after + (place + 1) * width, count: width)
            algebra.multiply(after + place * width, by: runs, at: range.lowerBound + place)
          }
          let before = after + (range.count + 1) * width
          before.update(from: around + piece * width, count: width)
          for place in 0..<range.count {
            output[range.lowerBound + place] =
              T(algebra.last(before, after + (place + 1) * width))
            algebra.multiply(before, by: runs, at: range.lowerBound + place)
          }
        }
      }
    }
  }

  /// The product of each piece.
  private func pieceTotals<T: BinaryFloatingPoint>(
    _ operands: [StridedBlock], _ pieces: FactorPieces, as type: T.Type
  ) -> [Double] {
    let algebra = FactorAlgebra(operands: operands.count)
    let runs = operands.map { $0.base.assumingMemoryBound(to: T.self) }
    var totals = [Double](repeating: 0, count: pieces.count * algebra.width)
    totals.withUnsafeMutableBufferPointer { buffer in
      guard let totals = buffer.baseAddress else { return }
      nonisolated(unsafe) let first = totals
      forEachPiece(pieces) { piece in
        let total = first + piece * algebra.width
        algebra.reset(total)
        for place in pieces.range(of: piece) { algebra.multiply(total, by: runs, at: place) }
      }
    }
    return totals
  }

  /// The product of all that lies in the same line as a piece, on this rank or another, but not in
  /// it.
  private func surroundings<T: BinaryFloatingPoint>(
    _ operands: [StridedBlock], _ pieces: FactorPieces, _ outside: StridedBlock?, _ rank: Int,
    as type: T.Type
  ) -> [Double] {
    let algebra = FactorAlgebra(operands: operands.count)
    let width = algebra.width
    var around = [Double](repeating: 0, count: pieces.count * width)
    let totals = pieces.perLine > 1 ? pieceTotals(operands, pieces, as: type) : []
    around.withUnsafeMutableBufferPointer { around in
      guard let around = around.baseAddress else { return }
      totals.withUnsafeBufferPointer { totals in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { buffer in
          let product = buffer.baseAddress!
          for line in 0..<pieces.lines {
            let first = line * pieces.perLine
            algebra.reset(product)
            if let outside {
              let rows = outside.base.assumingMemoryBound(to: Double.self)
              for other in 0..<outside.shape[0] where other != rank {
                algebra.multiply(product, by: rows + (other * pieces.lines + line) * width)
              }
            }
            for piece in first..<first + pieces.perLine {
              (around + piece * width).update(from: product, count: width)
              if pieces.perLine > 1 {
                algebra.multiply(product, by: totals.baseAddress! + piece * width)
              }
            }
            if pieces.perLine == 1 { continue }
            algebra.reset(product)
            for piece in (first..<first + pieces.perLine).reversed() {
              algebra.multiply(around + piece * width, by: product)
              algebra.multiply(product, by: totals.baseAddress! + piece * width)
            }
          }
        }
      }
    }
    return around
  }

  /// Calls a closure with the number of each piece, on all workers at once.
  private func forEachPiece(_ pieces: FactorPieces, _ body: (Int) -> Void) {
    let perTask = max(1, Self.elementsPerTask / max(1, min(pieces.length, Self.factorsPerPiece)))
    pool.run(count: (pieces.count + perTask - 1) / perTask) { task in
      for piece in task * perTask..<min((task + 1) * perTask, pieces.count) { body(piece) }
    }
  }
}

/// Lines of factors, cut into pieces.
private struct FactorPieces {
  let lines: Int
  let length: Int
  let perLine: Int
  private let pieceLength: Int

  init(_ shape: Shape, _ pieceLength: Int) {
    length = shape.last!
    lines = shape.elementCount(of: 0..<shape.count - 1)
    perLine = (length + pieceLength - 1) / pieceLength
    self.pieceLength = pieceLength
  }

  var count: Int { lines * perLine }

  /// The places of a piece among all elements.
  func range(of piece: Int) -> Range<Int> {
    let (line, number) = piece.quotientAndRemainder(dividingBy: perLine)
    let start = line * length
    return start + number * pieceLength..<start + min((number + 1) * pieceLength, length)
  }
}

extension Double {
  /// The number times a power of 2.
  fileprivate func scaled(by exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: self)
  }
}
