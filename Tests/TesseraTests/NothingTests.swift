import Tessera
import TestSupport
import Testing

/// Empty axes, masks without axes and counts of 0: as NumPy has them, on any number of ranks.
@Suite struct NothingTests {
  @Test(arguments: [1, 2, 3]) func emptyAxesStayEmpty(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks, workers: 2) { _ in
      var findings = Findings()
      for sharding in [Placement.replicated, .sharded(axis: 0)] {
        let none = Tensor<Float>.zeros([0], sharding: sharding)
        let rows = Tensor<Float>.zeros([0, 3], sharding: sharding)
        let columns = Tensor<Float>.zeros([3, 0], sharding: sharding)
        let one = Tensor<Float>([5]).redistributed(to: sharding)
        findings.check(none.diff().shape == [0] && rows.diff(axis: 0).shape == [0, 3])
        findings.check(rows.diff(axis: 1).shape == [0, 2] && columns.diff().shape == [3, 0])
        findings.check(one.diff().shape == [0] && one.diff().diff().shape == [0])
        findings.check(columns.diff(axis: 0).shape == [2, 0])
        findings.check(none.cumulativeSum(axis: 0).shape == [0])
        findings.check(columns.cumulativeSum(axis: 1).shape == [3, 0])
        findings.check(none.sorted().shape == [0] && none.argsort().shape == [0])
        findings.check(rows.sorted(axis: 0).shape == [0, 3] && columns.sorted().shape == [3, 0])
        findings.check(none.searchSorted(rows).shape == [0, 3])
        findings.check(none.searchSorted(one).scalars == [0])
        findings.check(none.topK(0).values.shape == [0] && one.topK(0).indices.shape == [0])
        findings.check(none.unique().shape == [0] && rows.unique().shape == [0])
        findings.check(concatenate([none, none]).shape == [0])
        findings.check(concatenate([none, one, none]).scalars == [5])
        findings.check(concatenate([rows, rows], axis: 1).shape == [0, 6])
        findings.check(stack([none, none], axis: 0).shape == [2, 0])
        findings.check(none.rolled(by: 3, axis: 0).shape == [0])
        findings.check(none.tiled(3).shape == [0] && one.tiled(0).shape == [0])
        findings.check(one.repeated(0, axis: 0).shape == [0] && one.rolled(by: 0, axis: 0) == one)
        findings.check(none.flipped(axes: 0).shape == [0] && none.flattened().shape == [0])
        findings.check(none.unstacked().isEmpty && none.rows.isEmpty)
        findings.check(none.padded([(1, 2)], with: 7).scalars == [7, 7, 7])
        findings.check(none.taking([Int]()).shape == [0] && rows.nonZero().shape == [0, 2])
        findings.check(none.sum().item() == 0 && columns.sum(axes: 1).scalars == [0, 0, 0])
        findings.check(matmul(columns, rows).scalars == [Float](repeating: 0, count: 9))
        findings.check("\(none)" == "[]")
      }
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  @Test func differencesOfNothingHaveGradients() {
    let none = Tensor<Double>.zeros([0, 2])
    #expect(gradient(of: { $0.diff(axis: 0).sum() })(none).shape == [0, 2])
  }

  @Test(arguments: [1, 2, 3]) func aMaskWithoutAxesMakesOne(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      let (yes, no) = (Tensor<Bool>(true), Tensor<Bool>(false))
      for sharding in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
        let x = Tensor<Float>.arange(6).reshaped(2, 3).redistributed(to: sharding)
        findings.check(x[yes].shape == [1, 2, 3] && x[yes].scalars == x.scalars)
        findings.check(x[no].shape == [0, 2, 3])
        findings.check(x[1, yes].shape == [1, 3] && x[1, yes].scalars == [3, 4, 5])
        findings.check(x[.ellipsis, no].shape == [2, 3, 0])
        findings.check(x[.all, yes, 1].shape == [2, 1])
        var y = x
        y[no] = 7
        findings.check(y == x)
        y[yes] = Tensor<Float>([10, 20, 30])
        findings.check(y.scalars == [10, 20, 30, 10, 20, 30])
        y[0, yes] = 1
        findings.check(y.scalars == [1, 1, 1, 10, 20, 30])
      }
      let number = Tensor<Float>(4)
      findings.check(number[yes].scalars == [4] && number[no].shape == [0])
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  @Test func aMaskWithoutAxesLetsGradientsPass() {
    let x = Tensor<Double>([1, 2, 3])
    #expect(gradient(of: { ($0[Tensor<Bool>(true)] * 2).sum() })(x).scalars == [2, 2, 2])
  }
}
