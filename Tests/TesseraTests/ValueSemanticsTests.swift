import Machine
import Tessera
import TestSupport
import Testing

/// Writing changes no other tensor, and happens in place when nobody else looks.
@Suite struct ValueSemanticsTests {
  @Test func writingInPlaceKeepsTheStorage() {
    var x = Tensor<Float>.arange(12).reshaped(3, 4) + 0
    let y = Tensor<Float>.ones([3, 4])
    let storage = x.storageIdentifier
    let before = Memory.statistics.allocations
    x += y
    x *= 2
    x[1, 2] = 17
    x[..<2, ...] = 12
    x[...] = y
    x[.stride(by: 2)] += 1
    #expect(x.storageIdentifier == storage)
    #expect(x.scalars == [2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2])
    // What is allocated on the way is scalars and views' copies, never from the system.
    #expect(Memory.statistics.allocations >= before)
  }

  @Test func indexTensorsAndMasksWriteInPlace() {
    var x = Tensor<Float>.arange(12).reshaped(3, 4) + 0
    let storage = x.storageIdentifier
    x[x .> 9] = 0
    x[Tensor<Int>([2, 0])] += 1
    x[..., Tensor<Int>([1])] = 5
    x[x .== 5] = Tensor<Float>([7, 8, 9])
    x[.stride(by: -2)] = Tensor<Float>([[1], [2]])
    x[1..., Tensor<Int>([3])] = -1
    #expect(x.storageIdentifier == storage)
    #expect(x.scalars == [2, 2, 2, 2, 4, 8, 6, -1, 1, 1, 1, -1])
  }

  @Test func sumIntoAnExistingTensorDoesNotAllocateFromTheSystem() {
    let x = Tensor<Float>.ones([512, 512])
    let y = Tensor<Float>.ones([512, 512])
    var z = Tensor<Float>.zeros([512, 512])
    z[...] = x + y
    let before = Memory.statistics.systemAllocations
    let storage = z.storageIdentifier
    for _ in 0..<5 {
      z[...] = x + y
      z += x
    }
    #expect(Memory.statistics.systemAllocations == before)
    #expect(z.storageIdentifier == storage)
    #expect(z[0, 0] == 3)
  }

  @Test func aCopyIsNotChangedByAWrite() {
    var x = Tensor<Float>.zeros([4])
    let old = x
    x += 1
    x[0] = 9
    #expect(old.scalars == [0, 0, 0, 0])
    #expect(x.scalars == [9, 1, 1, 1])
    #expect(old.storageIdentifier != x.storageIdentifier)
  }

  @Test func viewsShareTheStorageUntilAWrite() {
    let x = Tensor<Float>.arange(6).reshaped(2, 3)
    var row = x[1]
    #expect(row.storageIdentifier == x.storageIdentifier)
    #expect(x.transposed().storageIdentifier == x.storageIdentifier)
    row += 10
    #expect(x.scalars == [0, 1, 2, 3, 4, 5])
    #expect(row.scalars == [13, 14, 15])
  }

  @Test func overlappingSourceIsReadFirst() {
    var x = Tensor<Int32>.arange(6)
    x[1...] = x[..<(-1)]
    #expect(x.scalars == [0, 0, 1, 2, 3, 4])
    var y = Tensor<Int32>.arange(4).reshaped(2, 2) + 0
    y += y.transposed()
    #expect(y.scalars == [0, 3, 3, 6])
    // The first row lies where the target begins, but is read again for every row.
    var w = Tensor<Int32>.ones([3, 2])
    w += w[0..<1]
    #expect(w.scalars == [2, 2, 2, 2, 2, 2])
    var z = Tensor<Int32>.arange(4) + 0
    z[...] = z.flipped(axes: 0)
    #expect(z.scalars == [3, 2, 1, 0])
  }

  /// What broadcasting repeats has one place for many elements: a write gives each its own.
  @Test func repeatedElementsAreWrittenOneByOne() {
    func row() -> Tensor<Float> { Tensor<Float>([1, 2]).expanded(to: [3, 2]) }
    var x = row()
    x[0, 0] = 9
    #expect(x.scalars == [9, 2, 1, 2, 1, 2])
    x = row()
    x += Tensor<Float>([[10], [20], [30]])
    #expect(x.scalars == [11, 12, 21, 22, 31, 32])
    x = row()
    x[1] += 1
    #expect(x.scalars == [1, 2, 2, 3, 1, 2])
    x = row()
    x[Tensor<Int>([2])] = 0
    #expect(x.scalars == [1, 2, 1, 2, 0, 0])
    x = row()
    x[Tensor<Bool>([false, true, false])] = 0
    #expect(x.scalars == [1, 2, 0, 0, 1, 2])
    x = row()
    x[...] = Tensor<Float>.arange(6).reshaped(3, 2)
    #expect(x.scalars == [0, 1, 2, 3, 4, 5])
  }

  @Test func aScalarVariableCanBeAssigned() {
    let value: Float = 17
    var x = Tensor<Float>.zeros([2, 2])
    x[1, 0] = value
    x[0, ...] = value
    #expect(x.scalars == [17, 17, 17, 0])
  }

  @Test func aTapeKeepsTheOldValue() {
    var x = Tensor<Double>([2, 3])
    let tape = GradientTape()
    tape.watch(x)
    let kept = x
    let loss = tape.record { x.square().sum() }
    x += 100
    #expect(tape.gradients(of: loss, at: [kept])[0].scalars == [4, 6])
    #expect(x.scalars == [102, 103])
  }

  /// Shape and sharding of what is written to do not depend on whether a tape follows it.
  @Test func aTapeChangesNoShapeAndNoSharding() throws {
    let results = try onLoopbackRanks(3) { _ in
      let x = Tensor<Double>.ones([4, 2], sharding: .sharded(axis: 0))
      let replicated = Tensor<Double>.ones([4, 2])
      let tape = GradientTape()
      tape.watch(x)
      return tape.record {
        var sum = replicated
        sum += x
        var masked = replicated
        masked[x .> 0] = x[x .> 0]
        return [sum.sharding.isReplicated, masked.sharding.isReplicated]
      }
    }
    #expect(results.allSatisfy { $0 == [true, true] })
  }

  /// Only what does not lie in row-major order is copied; the gradient passes.
  @Test(arguments: [1, 3]) func contiguousCopies(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      let x = Tensor<Double>.arange(60).reshaped(12, 5).redistributed(to: .sharded(axis: 0))
      let column = x[..., 3]
      let copy = column.contiguous()
      var found: [String] = []
      func check(_ isRight: Bool, _ name: String) { if !isRight { found.append(name) } }
      check(copy.scalars == column.scalars && copy.sharding == column.sharding, "elements")
      check(copy.storageIdentifier != x.storageIdentifier, "a place of its own")
      check(try copy.body.block.isContiguous, "neighbours")
      check(x.contiguous().storageIdentifier == x.storageIdentifier, "what lies so stays")
      check(x.transposed().contiguous() == x.transposed(), "transposed")
      let whole = x[1..<3].contiguous()
      check(whole == x[1..<3], "rows")
      check(x[0..<0].contiguous().shape == [0, 5], "nothing")
      let product = matmul(x.transposed(), x)
      let turned = product.transposed().contiguous()
      check(turned == product.transposed() && turned.sharding.partialReduction == nil, "product")
      let slopes = gradient(of: { ($0[..., 3].contiguous() * 2).sum() })(x)
      check(slopes.sum(axes: 0).scalars == [0, 0, 0, 24, 0], "gradient")
      return found
    }
    #expect(results.allSatisfy { $0 == [] }, "\(results)")
  }

  @Test func parametersKeepTheirAddressWhenSomebodyLooks() throws {
    let parameter = Parameter(Tensor<Float>([1, 2, 3]))
    let address = parameter.body.address
    let old = parameter.value
    try parameter.assign(Tensor<Float>([4, 5, 6]))
    #expect(old.scalars == [1, 2, 3])
    #expect(parameter.value.scalars == [4, 5, 6])
    #expect(parameter.body.address == address)
    #expect(parameter.moves == 1)
    try parameter.assign(Tensor<Float>([7, 8, 9]))
    #expect(parameter.moves == 1)
  }
}
