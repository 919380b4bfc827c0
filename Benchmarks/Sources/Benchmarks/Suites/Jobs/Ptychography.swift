import Foundation
import Tessera
import TesseraTraining

extension Case {
  /// An object is found from the amplitudes behind it, for a beam that is moved over it, by
  /// gradient descent with a tape. Complex numbers are pairs, Fourier transforms are products. The
  /// size is the number of steps.
  static func ptychography(_ scale: Scale) -> Case {
    let steps = scale.size(5, quick: 1)
    let scan = Scan()
    // Four products of the two transforms of each axis, forwards and backwards.
    let frames = Job.share(of: scan.count)
    let operations = 32.0 * pow(Double(Scan.side), 3) * Double(frames * steps)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/ptychography", size: steps, bound) {
      let (side, count) = (Scan.side, scan.count)
      let frames: Placement = .sharded(axis: 0)
      let rows = Tensor<Int64>(scan.rows, shape: [count, side, 1], sharding: frames)
      let columns = Tensor<Int64>(scan.columns, shape: [count, 1, side], sharding: frames)
      let amplitudes = scan.amplitudes()
      let measured = Tensor<Double>(amplitudes, shape: [count, side, side], sharding: frames)
      let probe = Tensor<Double>(scan.probe, shape: [side, side])
      let fourier = Pair(scan.fourier.real, scan.fourier.imaginary)
      let start = Tensor<Double>.ones([Scan.extent, Scan.extent])
      let (re, im) = (Parameter(start), Parameter(Tensor<Double>.zeros(like: start)))
      let optimizer = SGD(learningRate: Scan.rate)
      let expected = scan.descended(amplitudes, steps)
      return Trial(.near(1e-8, expected.re), .near(1e-8, expected.im)) {
        try! re.assign(start)
        try! im.assign(.zeros(like: start))
        for _ in 0..<steps {
          let tape = GradientTape()
          let loss = tape.record {
            let wave = Pair(re.value[rows, columns] * probe, im.value[rows, columns] * probe)
            let far = fourier * wave * fourier
            let amplitude = sqrt(square(far.re) + square(far.im) + Scan.least)
            return square(amplitude - measured).sum()
          }
          optimizer.update([re, im], along: tape.gradients(of: loss, at: [re, im]))
        }
        return [re.value, im.value]
      }
    }
  }
}

/// Complex matrices, as pairs of real ones.
private struct Pair {
  let re: Tensor<Double>
  let im: Tensor<Double>

  init(_ re: Tensor<Double>, _ im: Tensor<Double>) { (self.re, self.im) = (re, im) }

  static func * (a: Pair, b: Pair) -> Pair {
    Pair(
      matmul(a.re, b.re) - matmul(a.im, b.im), matmul(a.re, b.im) + matmul(a.im, b.re))
  }
}

/// A beam that is moved over an object, in steps of an eighth of its width.
private struct Scan {
  static let side = 64
  static let extent = 120
  static let rate = 0.1
  /// Added under a root, so that it has a slope everywhere.
  static let least = 1e-6

  let starts = Array(stride(from: 0, through: extent - side, by: side / 8))
  let fourier = FourierMatrix(side)

  var count: Int { starts.count * starts.count }

  /// Rows of the object in each frame, and columns.
  var rows: [Int64] {
    starts.flatMap { row in starts.flatMap { _ in (0..<Self.side).map { Int64(row + $0) } } }
  }
  var columns: [Int64] {
    starts.flatMap { _ in starts.flatMap { column in (0..<Self.side).map { Int64(column + $0) } } }
  }

  /// The beam: a bell, without phase.
  let probe = (0..<side * side).map { place -> Double in
    let (row, column) = (place / side - side / 2, place % side - side / 2)
    return Foundation.exp(-Double(row * row + column * column) / 200)
  }

  /// What is measured of an object that shifts phases.
  func amplitudes() -> [Double] {
    let phases = Noise(32).uniform(Self.extent * Self.extent)
    let (re, im) = (phases.map { Foundation.cos($0) }, phases.map { Foundation.sin($0) })
    var amplitudes: [Double] = []
    forEachFrame { row, column in
      let far = transformed(wave(of: re, row, column), wave(of: im, row, column))
      amplitudes += zip(far.re, far.im).map { ($0 * $0 + $1 * $1).squareRoot() }
    }
    return amplitudes
  }

  /// The object after some steps, without tensors.
  func descended(_ amplitudes: [Double], _ steps: Int) -> (re: [Double], im: [Double]) {
    let (side, extent) = (Self.side, Self.extent)
    var re = [Double](repeating: 1, count: extent * extent)
    var im = [Double](repeating: 0, count: extent * extent)
    for _ in 0..<steps {
      let zeros = [Double](repeating: 0, count: re.count)
      var slope = (re: zeros, im: zeros)
      var frame = 0
      forEachFrame { row, column in
        var far = transformed(wave(of: re, row, column), wave(of: im, row, column))
        for place in far.re.indices {
          let square = far.re[place] * far.re[place] + far.im[place] * far.im[place]
          let amplitude = (square + Self.least).squareRoot()
          let factor = 2 * (amplitude - amplitudes[frame * side * side + place]) / amplitude
          far.re[place] *= factor
          // Conjugated, as the transform is on the way back.
          far.im[place] *= -factor
        }
        let back = transformed(far.re, far.im)
        for place in back.re.indices {
          let target = (row + place / side) * extent + column + place % side
          slope.re[target] += back.re[place] * probe[place]
          slope.im[target] -= back.im[place] * probe[place]
        }
        frame += 1
      }
      for place in re.indices {
        re[place] -= Self.rate * slope.re[place]
        im[place] -= Self.rate * slope.im[place]
      }
    }
    return (re, im)
  }

  private func forEachFrame(_ body: (_ row: Int, _ column: Int) -> Void) {
    for row in starts { for column in starts { body(row, column) } }
  }

  /// What lies under the beam at a place.
  private func wave(of object: [Double], _ row: Int, _ column: Int) -> [Double] {
    probe.indices.map {
      probe[$0] * object[(row + $0 / Self.side) * Self.extent + column + $0 % Self.side]
    }
  }

  private func transformed(_ re: [Double], _ im: [Double]) -> (re: [Double], im: [Double]) {
    let first = rowsTransformed(re, im)
    return rowsTransformed(first.re, first.im)
  }

  /// Rows, each transformed, become columns.
  private func rowsTransformed(_ re: [Double], _ im: [Double]) -> (re: [Double], im: [Double]) {
    let side = Self.side
    var result = (re: re, im: im)
    for row in 0..<side {
      for frequency in 0..<side {
        var (real, imaginary) = (0.0, 0.0)
        for column in 0..<side {
          let (a, b) = (re[row * side + column], im[row * side + column])
          let c = fourier.cosines[frequency * side + column]
          let s = fourier.sines[frequency * side + column]
          real += a * c - b * s
          imaginary += a * s + b * c
        }
        result.re[frequency * side + row] = real
        result.im[frequency * side + row] = imaginary
      }
    }
    return result
  }
}
