import Tessera

func run() {
  let x = Tensor<Float>.randn([1_000, 784], key: Key(1), sharding: .sharded(axis: 0))
  let w = Tensor<Float>.zeros([784, 10])  // replicated is the default
  let y = matmul(x, w)  // sharded like x, no communication
  print(y.sharding, y.localShape)
  print((y + 1).sum(axes: 0))  // one all-reduce of ten numbers, here
}
run()
