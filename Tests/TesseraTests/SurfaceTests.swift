import Foundation
import Tessera
import TestSupport
import Testing

extension ExitTest.Result? {
  /// Expects texts in what the process wrote to standard error.
  func told(_ texts: String..., sourceLocation: SourceLocation = #_sourceLocation) {
    let message = String(decoding: self?.standardErrorContent ?? [], as: UTF8.self)
    for text in texts {
      #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
    }
  }
}

/// What values, shapes and tensors say to numbers that nothing can be made of: a message, at once.
@Suite struct SurfaceTests {
  @Test func shapesThatCannotBeCounted() async {
    #expect(Shape([Int.max, 0, 2]).elementCount == 0 && Shape([Int.max]).elementCount == .max)
    #expect(Shape([Int.max, 2]).rowMajorStrides == [2, 1])
    #expect(Shape([0, .max, .max]).rowMajorStrides[1...] == [.max, 1])
    #expect(Shape([Int.max, 2, 3]).elementCount(of: 1...2) == 6)
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Shape([Int.max, 2]).elementCount
    }.told("tessera: Shape: given the shape [\(Int.max), 2]; expected fewer elements")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Shape([1, Int.max, 2]).rowMajorStrides
    }.told("tessera: Shape:")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Shape([3, 4])[9]
    }.told("tessera: Shape: given axis 9 of shape [3, 4]; expected an axis in 0..<2")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      var shape = Shape([3, 4])
      shape[-1] = 2
    }.told("given axis -1 of shape")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Shape.matchedGroups([2], [3])
    }.told("tessera: Shape.matchedGroups:")
  }

  @Test func meshesAndCuts() async {
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Mesh.world(ranks: 0)
    }.told("tessera: Mesh.world: given 0 ranks; expected a number of ranks in 1...")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Mesh.world(ranks: -1)
    }.told("given -1 ranks")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Mesh.world(ranks: 3).coordinates(ofRank: 3)
    }.told("tessera: Mesh: given rank 3 of world[3]")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = CutPoints(evenly: 5, into: 0)
    }.told("tessera: CutPoints: given an axis of 5 to be cut into 0 parts")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = CutPoints([0, 3, 2])
    }.told("tessera: CutPoints: given the points 0, 3, 2")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = CutPoints(evenly: 5, into: 2).range(of: 2)
    }.told("given part 2 of 2; expected a part in 0..<2")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = CutPoints(evenly: .max, into: 2).scaled(by: 2)
    }.told("tessera: CutPoints:")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      let sharding = Sharding(
        mesh: .world(ranks: 2), .sharded(axis: 3, CutPoints(evenly: 4, into: 2)))
      _ = sharding.box(of: 0, in: [4])
    }.told("given axis 3 of shape [4]")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Box([.min ..< .max]).elementCount
    }.told("tessera: Box:")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Box([0..<Int.max]).shifted(by: [1])
    }.told("tessera: Box:")
  }

  /// What would travel may be more than can be counted; the plan still says so.
  @Test func plansOfHugeTensors() async throws {
    let mesh = Mesh.world(ranks: 64)
    let huge = TensorDescription(
      shape: [1 << 58], scalarType: .float64,
      sharding: try Sharding(.sharded(axis: 0), of: [1 << 58], on: mesh, for: "test"))
    let plan = try Planner.redistribution(huge, to: .replicated)
    #expect(plan.bytesMoved == .max && plan.description.contains("\(Int.max) bytes"))
    #expect(plan.elementsReceived(by: 0) == 63 << 52)
    let terms = huge.with(Sharding(mesh: mesh, .partial(.sum)))
    #expect(try Planner.redistribution(terms, to: .replicated).bytesMoved == .max)
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Shape([3]).axis(under: .max, of: [3])
    }.told("given axis \(Int.max) of shape [3]")
  }

  @Test func tensorsOfManyPartsAndAxes() async {
    #expect(Tensor<Float>.zeros([1 << 50, 0]).rows.count == 1 << 50)
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([1 << 50, 0]).unstacked()
    }.told("tessera: unstacked:", "at most \(1 << 20) parts")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.ones([1]).expanded(to: [1 << 40]).split(1 << 40)
    }.told("tessera: split:", "at most \(1 << 20)")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      print(Tensor<Float>.ones(Shape(repeatElement(1, count: 200_000))))
    }.told("tessera: ones: given a shape of 200000 axes; expected at most \(Shape.mostAxes) axes")
    let most = Tensor<Float>.ones(Shape(repeatElement(1, count: Shape.mostAxes)))
    #expect(most.description.count == 2 * Shape.mostAxes + 2)
  }

  @Test func literalsOfManyLevels() async {
    func nested(_ depth: Int) -> TensorLiteral<Float> {
      (0..<depth).reduce(1) { literal, _ in .array([literal]) }
    }
    #expect(Tensor<Float>([nested(Shape.mostAxes - 1)]).shape.count == Shape.mostAxes)
    for depth in [5_000, 200_000] {
      let message = #expect(throws: TensorError.self) { try Tensor(literal: [nested(depth)]) }
      #expect(message?.given == "a literal nested more than \(Shape.mostAxes) deep")
    }
    let rows: Tensor<Float> = [[1, 2], [3, 4], [5, 6]]
    #expect(rows.shape == [3, 2] && rows.scalars == [1, 2, 3, 4, 5, 6])
    let none: Tensor<Float> = [[], []]
    #expect(none.shape == [2, 0])
    let message = #expect(throws: TensorError.self) {
      try Tensor<Float>(literal: [[[1], [2]], [[3], [4, 5]]])
    }
    #expect(message?.given == "a ragged literal: part 0 has shape [1], part 1 [2]")
  }

  @Test func keysByTheMillion() async {
    #expect(Key(1).split(0).isEmpty)
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Key(1).split(.max)
    }.told("tessera: Key.split: given \(Int.max) keys", "folded(in:)")
  }
}
