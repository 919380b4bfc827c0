import Tessera

// The chapter on data manipulation of a deep-learning course. Every block between two steps stands
// in docs/tour.md.

func gettingStarted() {
  step("A row of numbers")
  let x = Tensor<Float>.arange(12)
  print(x)

  step("How many, and in which shape")
  print(x.elementCount, x.shape)

  step("Another shape")
  let X = x.reshaped(3, 4)
  print(X)
  print(X == x.reshaped([-1, 4]))

  step("Zeros and ones")
  print(Tensor<Float>.zeros([2, 3, 4]))
  print(Tensor<Float>.ones([2, 3]))
  print(Tensor<Float>.full([2, 2], 7))
  print(Tensor<Int32>.eye(2))

  step("Random numbers")
  let key = Key(7)
  print(Tensor<Float>.randn([3, 4], key: key))
  print(Tensor<Int64>.randint([5], in: 0..<10, key: key.folded(in: 1)))

  step("Written down")
  let t: Tensor<Float> = [[2, 1, 4, 3], [1, 2, 3, 4], [4, 3, 2, 1]]
  print(t)
  print(Tensor([1, 2, 3]).sum())
}

// The formatter would put spaces around `..<-`, which it does not know.
// swift-format-ignore
func indexingAndSlicing() {
  step("Parts")
  var X = Tensor<Float>.arange(12).reshaped(3, 4)
  print(X[-1])
  print(X[1..<3])
  print(X[1..<-1])

  step("Columns, and every other row")
  print(X[..., 1])
  print(X[.stride(by: 2), 1...])
  print(X[.ellipsis, .stride(by: -1)])

  step("Writing to a part")
  let before = X
  X[1, 2] = 17
  X[..<2, ...] = 12
  print(X)
  print(before[1])

  step("Masks, and rows by number")
  print(X[X .< 12])
  X[X .== 12] = 0
  print(X)
  print(X[Tensor([2, 0, 2])])
}

func operations() {
  step("A function of each element")
  let X = Tensor<Float>.arange(12).reshaped(3, 4)
  print(exp(X / 12))

  step("Operators")
  let x: Tensor<Float> = [1, 2, 4, 8]
  let y = Tensor<Float>.full([4], 2)
  print(x + y, x - y)
  print(x * y, x / y, x ** y)

  step("A function of your own")
  print(x.map { $0 > 3 ? 1 / $0 : $0 })

  step("Joined")
  let Y: Tensor<Float> = [[2, 1, 4, 3], [1, 2, 3, 4], [4, 3, 2, 1]]
  print(concatenate([X, Y], axis: 0))
  print(concatenate([X, Y], axis: 1))

  step("Compared")
  print(X .== Y)
  print(X == Y)
  print(select(X .> Y, X, 0))

  step("Masks combined")
  print(X[(X .> 2) .& (X .< 6)])
  print((X .< 2) .| .!(X .< 10))

  step("Not a number")
  let roots = sqrt(x - 4)
  print(roots)
  print(select(roots.isNaN(), 0, roots), roots[.!roots.isNaN()].mean())

  step("Reduced")
  print(X.sum(), X.mean(), X.max(), X.argmax())
  print(X.sum(axes: 0), X.sum(axes: 1))
  print(X / X.sum(axes: 1, keepingAxes: true))
  print(X.standardDeviation(), X.standardDeviation(axes: 0))

  step("Multiplied")
  print(matmul(X, Y.transposed()))
}

func broadcasting() {
  step("A column and a row")
  let a = Tensor<Float>.arange(3).reshaped(3, 1)
  let b = Tensor<Float>.arange(2).reshaped(1, 2)
  print(a)
  print(b)
  print(a + b)
}

func savingMemory() {
  step("New memory")
  let X = Tensor<Float>.ones([3, 4])
  var Y = Tensor<Float>.full([3, 4], 2)
  let before = Y.storageIdentifier
  Y = Y + X
  print(Y.storageIdentifier == before)

  step("In place")
  var Z = Tensor<Float>.zeros(like: Y)
  let place = Z.storageIdentifier
  Z[...] = X + Y
  print(Z.storageIdentifier == place)
  Z += X
  Z[0] *= 10
  print(Z.storageIdentifier == place)
  print(Z)

  step("Not when somebody else looks")
  let copy = Z
  Z += 1
  print(Z.storageIdentifier == place, copy.storageIdentifier == place)
}

func conversion() {
  step("Numbers and arrays")
  let a: Tensor<Float> = [3.5]
  print(a, a.item(), Float(a), Int(a))
  let array = Tensor<Float>.arange(6).reshaped(2, 3).scalars
  print(array)
  print(Tensor(array, shape: [3, 2]))

  step("Another type")
  let x: Tensor<Float> = [-1.5, 2.5, 300]
  print(x.converted(to: UInt8.self), x.converted(to: Bool.self))
  print(x.converted(to: Double.self) / 3)
  let bytes: Tensor<UInt8> = [200, 100]
  print(bytes + 100, bytes.sum())

  step("Without a copy")
  nonisolated(unsafe) let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
  _ = memory.initialize(from: [0, 1, 2, 3, 4, 5])
  let shared = Tensor(sharing: memory, shape: [2, 3], release: { memory.deallocate() })
  memory[5] = 50
  print(shared)
  print(shared.withUnsafeBuffer { buffer in buffer.max() ?? 0 })
}
