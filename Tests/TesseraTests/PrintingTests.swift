import Tessera
import TestSupport
import Testing

@Suite struct PrintingTests {
  @Test func likeNumPy() {
    #expect(Tensor<Float>([1, 2, 3]).description == "[1., 2., 3.]")
    #expect(Tensor<Float>([[1, 2.5], [3, 4]]).description == "[[1.0, 2.5],\n [3.0, 4.0]]")
    #expect(Tensor<Int32>([[1, -20], [3, 4]]).description == "[[  1, -20],\n [  3,   4]]")
    #expect(Tensor<Int8>([[-128, 127], [0, 5]]).description == "[[-128,  127],\n [   0,    5]]")
    #expect(Tensor<UInt16>([65_535, 1]).description == "[65535,     1]")
    #expect(Tensor<UInt64>([.max, 0]).description == "[\(UInt64.max),                    0]")
    #expect(Tensor<Bool>([true, false]).description == "[ true, false]")
    #expect(Tensor<Float>(1.5).description == "1.5")
    #expect(Tensor<Float>.zeros([0, 3]).description == "[]")
    #expect(Tensor<Float>.zeros([2, 0]).description == "[[],\n []]")
    let row = "[],\n "
    #expect(
      Tensor<Float>.zeros([1 << 40, 0]).description
        == "[\(row)\(row)\(row)...,\n \(row)\(row)[]]")
    #expect(Tensor<Float>([1 / 3]).description == "[0.3333]")
    #expect(Tensor<Double>([.nan, .infinity, -1]).description == "[nan, inf, -1.]")
    #expect(Tensor<Double>([1e10, 1]).description == "[1.0000e+10, 1.0000e+00]")
    #expect(
      Tensor<Int32>.arange(8).reshaped(2, 2, 2).description
        == "[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]")
  }

  /// An array of tensors does not look like a tensor of one more axis.
  @Test func insideOfOtherThings() {
    let (x, y) = (Tensor<Float>([1, 2]), Tensor<Float>([3, 4]))
    #expect("\([x, y])" == "[Tensor<Float>([1., 2.]), Tensor<Float>([3., 4.])]")
    #expect("\(["x": x])" == "[\"x\": Tensor<Float>([1., 2.])]")
    #expect("\(Optional(Tensor<Int32>(7)) as Any)" == "Optional(Tensor<Int32>(7))")
    #expect(
      Tensor<Int32>([[1, 2], [3, 4]]).debugDescription == """
        Tensor<Int32>([[1, 2],
                       [3, 4]])
        """)
    #expect(
      Tensor<Bool>([[[true]], [[false]]]).debugDescription == """
        Tensor<Bool>([[[ true]],

                      [[false]]])
        """)
    #expect(Tensor<Float>.zeros([0, 3]).debugDescription == "Tensor<Float>([], shape: [0, 3])")
    #expect("\(x)" == "[1., 2.]")
  }

  @Test(arguments: [1, 2, 5]) func summarisesBeyondAThousand(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { runtime in
      let x = Tensor<Int32>.arange(10_000, sharding: .sharded(axis: 0))
      let before = runtime.communicator.traffic.bytesReceived
      let text = try x.rendered()
      return (text, runtime.communicator.traffic.bytesReceived - before)
    }
    for (text, bytes) in results {
      #expect(text == "[   0,    1,    2, ..., 9997, 9998, 9999]")
      // Only what is shown travels.
      #expect(bytes <= 2 * 6 * 4)
    }
  }

  @Test func shardingsAndShapes() throws {
    let texts = try onLoopbackRanks(4) { _ in
      let x = Tensor<Float>.zeros([10, 784], sharding: .sharded(axis: 0))
      return [
        "\(x.sharding)", "\(x.localShape)", "\(x[3...].sharding)", "\(x.sum(axes: 0).sharding)",
      ]
    }
    #expect(texts[0][0] == "sharded(axis: 0) over world[4]")
    #expect(texts.map { $0[1] } == ["[2, 784]", "[3, 784]", "[2, 784]", "[3, 784]"])
    #expect(texts[0][2] == "sharded(axis: 0, cut at [0, 0, 2, 4, 7]) over world[4]")
    #expect(texts[0][3] == "replicated over world[4]")
  }
}

/// The example of the README.
@Suite struct ReadmeTests {
  @Test func example() throws {
    let texts = try onLoopbackRanks(4) { _ in
      let x = Tensor<Float>.randn([1_000, 784], key: Key(1), sharding: .sharded(axis: 0))
      let w = Tensor<Float>.zeros([784, 10])
      let y = matmul(x, w)
      return ["\(y.sharding) \(y.localShape)", "\((y + 1).sum(axes: 0))"]
    }
    #expect(texts[3][0] == "sharded(axis: 0) over world[4] [250, 10]")
    let row = [String](repeating: "1000.", count: 10).joined(separator: ", ")
    #expect(texts[3][1] == "[" + row + "]")
  }
}
