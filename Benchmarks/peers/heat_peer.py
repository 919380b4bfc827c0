"""Heat: arrays on PyTorch, split by rows over ranks of MPI."""

import sys

import peer

try:
    import heat
    import torch
    from mpi4py import MPI
except ImportError as error:
    sys.exit(str(error))

torch.set_num_threads(peer.THREADS)
heat.random.seed(7)


def convert(array):
    """Split by rows; a single row is on every rank."""
    return heat.array(array, split=None if array.shape[0] == 1 else 0)


def product(dtype):
    """Rows of the left operand are split, the right one is on every rank."""

    def prepare(size):
        arrays = peer.operands(["x", "y"], dtype, size).values()
        x, y = (heat.array(array, split=split) for array, split in zip(arrays, (0, None)))
        return lambda: heat.matmul(x, y)

    return prepare


def all_reduce(size):
    if peer.RANKS == 1:
        return None
    terms = torch.ones(size)
    return lambda: heat.MPI_WORLD.Allreduce(MPI.IN_PLACE, terms, MPI.SUM)


def redistribute(size):
    if peer.RANKS == 1:
        return None
    x = convert(peer.operands(["x"], "collectives/redistribute-0-1", size)["x"])
    return lambda: heat.resplit(x, 1)


peer.serve_statements(
    {
        "elementwise/add": "x + y",
        # Without the declaration it would be a variable of the function that the statement is timed in.
        "elementwise/add-in-place": "global x; x += y",
        "elementwise/add-into": "heat.add(x, y, out=z)",
        "elementwise/broadcast": "column + row",
        "elementwise/exp": "heat.exp(x)",
        "elementwise/chain": "x * y + 2 * x - heat.tanh(y)",
        "reduction/sum": "x.sum()",
        "reduction/sum-axis-0": "x.sum(axis=0)",
        "reduction/sum-axis-1": "x.sum(axis=1)",
        "reduction/max": "x.max()",
        "shape/concatenate-0": "heat.concatenate([x, y], axis=0)",
        "shape/concatenate-1": "heat.concatenate([x, y], axis=1)",
        "random/rand": "heat.random.rand(rows, columns, dtype=heat.float32, split=0)",
        "random/randn": "heat.random.randn(rows, columns, dtype=heat.float32, split=0)",
        "overhead/add": "x + y",
    },
    {"heat": heat},
    convert=convert,
    functions={
        "matmul/float32": product("matmul/float32"),
        "matmul/float64": product("matmul/float64"),
        "collectives/all-reduce": all_reduce,
        "collectives/redistribute-0-1": redistribute,
    },
    gather=MPI.COMM_WORLD.allgather,
)
