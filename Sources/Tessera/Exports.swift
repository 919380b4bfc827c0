// Users of Tessera need the members of shapes, shardings and memory without importing more.
@_exported import Distribution
@_exported import Shapes

@_exported import enum Execution.BinaryFunction
@_exported import enum Execution.Classification
@_exported import enum Execution.Comparison
@_exported import struct Execution.DryRunReport
@_exported import struct Execution.Profile
@_exported import enum Execution.TernaryFunction
@_exported import enum Execution.UnaryFunction
@_exported import struct Execution.Work
@_exported import struct Machine.MemoryHolder
@_exported import struct Machine.MemoryStatistics
@_exported import struct Machine.StoragePurpose
@_exported import struct MessagePassing.Traffic
