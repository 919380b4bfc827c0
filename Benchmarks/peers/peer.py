"""What the peers have in common: operands, threads, and the conversation with Benchmarks/run.

A peer is started as `python NAME_peer.py THREADS` and says `ready`. Each line `CASE SIZE CALLS` that it then reads is
answered with the seconds that so many calls of the case took, or with `none` where it has nothing like it. Operands are
made when a case is first asked for and kept until another one is, and one call is made before the first that counts.
"""

import math
import os
import sys

THREADS = int(sys.argv[1])
for variable in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[variable + "_NUM_THREADS"] = str(THREADS)
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


def serve(prepare):
    """Answers until there is nothing more to read.

    `prepare(case, size)` makes the operands and returns what gives the seconds of a number of calls, or returns None.
    """
    current, seconds = None, None

    def answer(text):
        print(text, file=_answers, flush=True)

    answer("ready")
    for line in sys.stdin:
        case, size, calls = line.split()
        if current != (case, size):
            seconds = None  # frees the operands before there are others
            current, seconds = (case, size), prepare(case, int(size))
            if seconds is not None:
                seconds(1)
        answer("none" if seconds is None else repr(seconds(int(calls))))


def serve_statements(statements, environment, convert=lambda array: array):
    """Serves cases that are Python statements on the operands x, y, z, column and row and on `rows` and `columns`.

    A statement is timed as it stands, without a call of a function around it.
    """
    from timeit import Timer

    def prepare(case, size):
        if case not in statements:
            return None
        names = compile(statements[case], case, "exec").co_names
        arrays = {name: convert(array) for name, array in operands(names, case, size).items()}
        rows, columns = shape(case, size)
        return Timer(
            statements[case], globals={**environment, **arrays, "rows": rows, "columns": columns}
        ).timeit

    serve(prepare)
