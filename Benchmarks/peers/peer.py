"""What the peers have in common: operands, threads, and the conversation with Benchmarks/run.

A peer is started as `python NAME_peer.py THREADS` and says `ready`; on several ranks it is started by mpirun, and the first
of its ranks speaks for all: `ready` and the numbers of their processes. Each line `CASE SIZE CALLS` that it then reads is
answered with the seconds that so many calls of the case took, or with `none` where it has nothing like it. Operands are
made when a case is first asked for and kept until another one is, and one call is made before the first that counts.
"""

import math
import os
import sys

THREADS = int(sys.argv[1])
RANK = int(os.environ.get("OMPI_COMM_WORLD_RANK", 0))
RANKS = int(os.environ.get("OMPI_COMM_WORLD_SIZE", 1))
for variable in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[variable + "_NUM_THREADS"] = str(THREADS)
# The kernels that Benchmarks/run asks for, where it limits the instructions.
if "PEER_OPENBLAS_CORETYPE" in os.environ:
    os.environ["OPENBLAS_CORETYPE"] = os.environ["PEER_OPENBLAS_CORETYPE"]
# Some libraries have as many threads as they may use CPUs.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])

# Answers alone go where they are read; what a library prints goes to standard error.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

try:
    import numpy
except ImportError as error:
    sys.exit(str(error))


def shape(case, size):
    """Rows and columns of the operands."""
    if case.startswith("matmul/"):
        return size, size
    if case.startswith("overhead/"):
        return 1, size
    side = math.isqrt(size // 2 if "concatenate" in case else size)
    return side, side


# The perceptron of the training cases: what comes in, and goes out of each layer.
LAYERS = (784, 1024, 1024, 10)


def batch(rows):
    """This rank's rows, and the number of the class of each."""
    own = range(rows * RANK // RANKS, rows * (RANK + 1) // RANKS)
    images = _pattern(37, (rows, LAYERS[0]), numpy.float32)[own.start : own.stop] / 2
    return images, numpy.arange(own.start, own.stop) * 7 % LAYERS[-1]


def vectors(size):
    """A parameter and its gradient."""
    return _pattern(37, size, numpy.float32), _pattern(501, size, numpy.float32)


def weights():
    """A weight for each layer, [inputs, outputs], as many as large as those of Linear."""
    generator = numpy.random.default_rng(7)
    pairs = zip(LAYERS, LAYERS[1:])
    return [
        ((generator.random(pair, numpy.float32) * 2 - 1) * math.sqrt(6 / pair[0])).astype("float32") for pair in pairs
    ]


def _pattern(multiplier, shape, dtype):
    """The numbers of Pattern in Trial.swift."""
    period = (numpy.arange(1021) * multiplier % 1021 + 1) / 512
    return numpy.resize(period.astype(dtype), shape)


_OPERANDS = {
    "x": lambda rows, columns, dtype: _pattern(37, (rows, columns), dtype),
    "y": lambda rows, columns, dtype: _pattern(501, (rows, columns), dtype),
    "z": lambda rows, columns, dtype: numpy.full((rows, columns), 0, dtype),
    "column": lambda rows, columns, dtype: _pattern(37, (rows, 1), dtype),
    "row": lambda rows, columns, dtype: _pattern(501, (1, columns), dtype),
}


def operands(names, case, size):
    """Those of the names that are operands, as arrays of NumPy."""
    dtype = numpy.float64 if case.endswith("float64") else numpy.float32
    return {name: _OPERANDS[name](*shape(case, size), dtype) for name in names if name in _OPERANDS}


def serve(prepare, gather=None):
    """Answers until there is nothing more to read.

    `prepare(case, size)` makes the operands and returns what gives the seconds of a number of calls, or returns None.
    `gather(object)` returns the objects of all ranks, in a list; a library without it has one rank.
    """
    if RANKS > 1 and gather is None:
        sys.exit("it has no ranks")
    gather = gather or (lambda own: [own])
    current, seconds = None, None

    def answer(text):
        if RANK == 0:
            print(text, file=_answers, flush=True)

    processes = gather(os.getpid())
    answer(" ".join(map(str, ["ready", *processes])) if RANKS > 1 else "ready")
    while True:
        line = gather(sys.stdin.readline() if RANK == 0 else None)[0]
        if not line:
            break
        case, size, calls = line.split()
        if current != (case, size):
            seconds = None  # frees the operands before there are others
            current, seconds = (case, size), prepare(case, int(size))
            if seconds is not None:
                seconds(1)
        # All begin at the same time, and the slowest counts.
        gather(None)
        times = gather(None if seconds is None else seconds(int(calls)))
        answer("none" if None in times else repr(max(times)))


def serve_statements(statements, environment, convert=lambda array: array, functions={}, gather=None):
    """Serves cases that are Python statements on the operands x, y, z, column and row and on `rows` and `columns`.

    A statement is timed as it stands, without a call of a function around it. `functions` has what makes a call of the
    size for cases that have operands of their own.
    """
    from timeit import Timer

    def prepare(case, size):
        if case in functions:
            call = functions[case](size)
            return None if call is None else Timer(call).timeit
        if case not in statements:
            return None
        names = compile(statements[case], case, "exec").co_names
        arrays = {name: convert(array) for name, array in operands(names, case, size).items()}
        rows, columns = shape(case, size)
        return Timer(
            statements[case], globals={**environment, **arrays, "rows": rows, "columns": columns}
        ).timeit

    serve(prepare, gather)
