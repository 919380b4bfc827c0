import Tessera
import TesseraIO
import TesseraTraining

/// Finds the line that points were scattered around.
func findLine() throws {
  let x = Tensor<Float>.rand([1_000, 1], key: Key(1), sharding: .sharded(axis: 0))
  let noise = Tensor<Float>.randn([1_000, 1], key: Key(2), sharding: .sharded(axis: 0))
  let y = 3 * x + 0.5 + 0.1 * noise

  let line = Linear(1, 1)
  let optimizer = SGD(learningRate: 0.3, momentum: 0.5)
  for _ in 1...200 {
    let tape = GradientTape()
    let loss = tape.record { meanSquaredError(line(x), y) }
    let gradients = tape.gradients(of: loss, at: line.parameters)
    optimizer.update(line.parameters, along: gradients)
  }
  let found = concatenate([line.weight.value.flattened(), line.bias.value])
  print("slope and intercept:", (found * 10).round() / 10)

  try found.write(npy: "line.npy")
  let read = try Tensor<Float>(npy: "line.npy", sharding: .sharded(axis: 0))
  print("the same from the file:", read == found)
}

Job.run(findLine)
