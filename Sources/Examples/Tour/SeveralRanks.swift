import Tessera

// The same tensors, cut over ranks. Every block between two steps stands in docs/tour.md.

func sharding() {
  step("Cut along an axis")
  let x = Tensor<Float>.arange(12, sharding: .sharded(axis: 0)).reshaped(6, 2)
  print(x.shape, x.sharding)
  print("the first rank holds rows", x.localRanges[0], "in shape", x.localShape)
  print(x)

  step("Operations keep rows where they are")
  let w: Tensor<Float> = [[1, 0, 2], [0, 1, 3]]
  let y = matmul(x, w) + [10, 20, 30]
  print(y.sharding)
  print(y.sum(axes: 0).sharding)
  print(y.sum(axes: 0))

  step("A slice stays with its owners")
  let part = y[1..<5, ...2]
  print(part.sharding)
  print(part)
}

func whatTravels() {
  step("Explained")
  let rows = Tensor<Float>.ones([1_000, 80], sharding: .sharded(axis: 0))
  let columns = Tensor<Float>.ones([1_000, 80], sharding: .sharded(axis: 1))
  for plan in explain({ (rows + columns).sum(axes: 0) }) { print(plan) }

  step("Redistributed")
  let aligned = columns.redistributed(to: .sharded(axis: 0))
  let largest = withoutImplicitCommunication { (rows * 2 + aligned).max(axes: 1) }
  print(largest.shape, largest.sharding)

  step("Joined")
  for plan in explain({ concatenate([rows, rows], axis: 0) }) { print(plan) }
  print(explain { concatenate([rows, rows], axis: 1) }.map(\.bytesMoved))

  step("Random numbers do not know how they are cut")
  let one = Tensor<Float>.randn([4, 3], key: Key(1), sharding: .sharded(axis: 0))
  let other = Tensor<Float>.randn([4, 3], key: Key(1))
  print(one == other)
}

func gradients() throws {
  step("The gradient of a function")
  let x: Tensor<Double> = [0, 1, 2, 3]
  let slope = gradient(of: { (2 * $0 * $0).sum() })
  print(slope(x))

  step("A step of training")
  let points = Tensor<Float>.linspace(from: 0, to: 1, count: 100, sharding: .sharded(axis: 0))
  let values = 3 * points + 2
  let parameters = [Parameter(Tensor<Float>.zeros([2]), name: "line")]
  for step in 1...60 {
    let tape = GradientTape()
    let loss = tape.record {
      let line = parameters[0].value
      return (line[0] * points + line[1] - values).square().mean()
    }
    let gradient = tape.gradients(of: loss, at: parameters)[0]
    try parameters[0].assign(parameters[0].value - 0.5 * gradient)
    if step % 20 == 0 { print("loss", (loss * 1000).round() / 1000) }
  }
  print((parameters[0].value * 100).round() / 100)
}
