"""What makes fewer elements of many, sums on the way, orders, and products of matrices."""

import numpy as np

from elementwise import apply_binary, apply_unary
from program import hex_of, text_of
from values import (
    FLOATS, LEAST, UNIT, Reject, Value, approximate, exact, need, rounded, sums_exactly, times)

LONG = np.longdouble


def sum_type(scalar):
    return scalar if scalar in FLOATS else "uint64" if scalar == "uint64" else "int64"


def some_axes(p, x):
    """None for all, else some axes, as a user may write them, and counted from the front."""
    if p.chance(0.25):
        return None, tuple(range(x.ndim))
    axes = [axis for axis in range(x.ndim) if p.chance(0.5)]
    if not axes and x.ndim and p.chance(0.8):
        axes = [p.random.randrange(x.ndim)]
    p.random.shuffle(axes)
    return [axis - x.ndim if p.chance(0.3) else axis for axis in axes], tuple(sorted(axes))


def sum_error(scalar, n):
    """How far a sum of n terms may lie from the exact one, in parts of the sum of magnitudes: n half units in any order,
    and docs/numerics.md for many."""
    return min(max(n - 1, 0), 2 * (105 + np.log2(max(n, 1)))) * UNIT[scalar] * LONG(1.01)


def _count(x, axes):
    return int(np.prod([x.shape[axis] for axis in axes], dtype=np.int64))


def total(x, axes, keep):
    """The sum over axes."""
    with np.errstate(all="ignore"):
        if not x.is_float:
            data = np.sum(x.data, axis=axes, keepdims=keep, dtype=sum_type(x.scalar))
            return exact(np.asarray(data))
        wide = x.wide
        ref = np.asarray(np.sum(wide, axis=axes, keepdims=keep))
        if x.exact and sums_exactly(x.scalar, abs(wide), axes):
            return exact(ref.astype(x.scalar), signs=False)
        e = np.asarray(np.sum(x.err, axis=axes, keepdims=keep))
        magnitude = np.asarray(np.sum(np.where(np.isfinite(wide), abs(wide), 0) + x.err, axis=axes, keepdims=keep))
        # In any order; one that overflows on the way is none to compare.
        need((magnitude < np.finfo(x.scalar).max / 2).all())
        own = sum_error(x.scalar, _count(x, axes)) * magnitude
        return approximate(x.scalar, ref, e + own, e)


def count_value(scalar, n):
    return exact(np.array(n, scalar))


def _divided(x, n):
    with np.errstate(all="ignore"):
        result = apply_binary("divide", x, count_value(x.scalar, n))
    if result.exact:
        # Rounded once, or multiplied by the reciprocal.
        err = np.where(np.isfinite(result.wide), abs(result.wide), 0) * 2 * UNIT[x.scalar]
        return approximate(x.scalar, result.wide, err) if n & (n - 1) else exact(result.data, False)
    return result


def mean(x, axes, keep):
    return _divided(total(x, axes, keep), _count(x, axes))


def variance(x, axes, keep, ddof):
    n = _count(x, axes)
    need(x.is_finite)
    wide = x.wide
    # Squares that overflow may be infinite or NaN, by the order in which ranks join theirs.
    need((abs(wide) < np.sqrt(LONG(np.finfo(x.scalar).max)) / max(n, 1)).all())
    if n <= ddof:
        nothing = np.sum(wide, axis=axes, keepdims=keep) * np.nan
        return approximate(x.scalar, np.asarray(nothing), 0)
    centre = np.mean(wide, axis=axes, keepdims=True)
    distance = wide - centre
    ref = np.sum(distance * distance, axis=axes, keepdims=keep) / (n - ddof)
    unit = UNIT[x.scalar]
    # A mean that is off by m changes the sum of squares by n m^2 at most.
    magnitude = np.mean(abs(wide), axis=axes, keepdims=True)
    off = n * unit * magnitude + np.mean(x.err, axis=axes, keepdims=True)
    own = abs(distance) * unit * 2 + x.err + off
    squares = (2 * abs(distance) + own) * own + abs(distance) ** 2 * unit * (n + 3)
    err = np.sum(squares, axis=axes, keepdims=keep) / (n - ddof)
    return approximate(x.scalar, np.asarray(ref), err * LONG(1.1), np.asarray(np.sum(x.err, axis=axes, keepdims=keep)))


def _root(x):
    """The square root of a sum of squares, whose error grows near 0."""
    low = np.sqrt(np.maximum(x.wide - x.err, 0))
    high = np.sqrt(x.wide + x.err)
    ref = np.sqrt(x.wide)
    spread = np.where(x.err == 0, 0, np.maximum(high - ref, ref - low))
    return rounded(x.scalar, ref, spread, x.err, 2)


def sums(p):
    x = p.pick(lambda v: v.ndim > 0 or p.chance(0.2))
    written, axes = some_axes(p, x)
    keep = written is not None and p.chance(0.4)
    name = p.random.choice(["sum", "sum", "sum", "mean", "variance", "standardDeviation", "norm"])
    parameters = {} if written is None else {"axes": text_of(written), "keep": int(keep)}
    if name == "sum":
        result = total(x, axes, keep)
        if p.chance(0.15) and result.ndim:
            parameters["result"] = f"sharded:{p.random.randrange(result.ndim)}"
            parameters.setdefault("axes", text_of(axes))
    else:
        need(x.is_float)
        with np.errstate(all="ignore"):
            if name == "mean":
                need(_count(x, axes) > 0 or True)
                result = mean(x, axes, keep)
            elif name == "norm":
                result = _root(total(apply_unary("square", x), axes, keep))
                need(not (result.wide < 1e-15)[result.wide > 0].any() and (result.wide < 1e18).all())
            else:
                ddof = p.random.choice([0, 0, 1, 1, 3])
                parameters["ddof"] = ddof
                result = variance(x, axes, keep, ddof)
                if name == "standardDeviation":
                    result = _root(result)
    p.emit(name, [x], [result], **parameters)


def product(p):
    x = p.pick(lambda v: v.scalar != "bool")
    written, axes = some_axes(p, x)
    keep = written is not None and p.chance(0.4)
    parameters = {} if written is None else {"axes": text_of(written), "keep": int(keep)}
    with np.errstate(all="ignore"):
        if not x.is_float:
            data = np.prod(x.data, axis=axes, keepdims=keep, dtype=sum_type(x.scalar))
            result = exact(np.asarray(data))
        else:
            need(x.is_finite and (x.err == 0).all())
            n = _count(x, axes)
            magnitudes = np.where(x.wide == 0, 0, abs(np.log2(np.where(x.wide == 0, 1, abs(x.wide)))))
            # Partial products stay far from the ends of the type, in any order.
            need((np.sum(magnitudes, axis=axes) < (100 if x.scalar == "float32" else 900)).all())
            ref = np.asarray(np.prod(x.wide, axis=axes, keepdims=keep))
            result = approximate(
                x.scalar, ref, abs(ref) * UNIT[x.scalar] * n * LONG(1.01), 0)
    p.emit("product", [x], [result], **parameters)


def extremes(p):
    x = p.pick(lambda v: v.scalar != "bool")
    written, axes = some_axes(p, x)
    keep = written is not None and p.chance(0.4)
    name = p.random.choice(["min", "max"])
    kept = [e for axis, e in enumerate(x.shape) if axis not in axes]
    parameters = {} if written is None else {"axes": text_of(written), "keep": int(keep)}
    initial = None
    if p.chance(0.25):
        initial, parameters["initial"] = p.number(x.scalar)
    need(_count(x, axes) > 0 or 0 in kept or initial is not None)
    # The type's own maximum ignores no NaN in NumPy either.
    function = np.min if name == "min" else np.max
    def reduced(data):
        if _count(x, axes) == 0:
            # What is left has no elements, or takes them from the initial value.
            start = 0 if initial is None else initial.data
            shape = [1 if a in axes else e for a, e in enumerate(x.shape)] if keep else kept
            return np.full(shape, start, data.dtype)
        return np.asarray(function(data, axis=axes, keepdims=keep))
    with np.errstate(all="ignore"):
        if x.exact:
            result = exact(reduced(x.data).astype(x.scalar), signs=not x.is_float)
        else:
            need(x.is_finite)
            err = np.max(x.err) if x.size else 0
            ref = reduced(x.wide)
            result = approximate(x.scalar, ref, err, err)
        if initial is not None:
            result = apply_binary("minimum" if name == "min" else "maximum", result, initial)
            result.signs = not x.is_float
    p.emit(name, [x], [result], **parameters)


def positions(p):
    x = p.pick(lambda v: v.exact and v.scalar != "bool")
    name = p.random.choice(["argmin", "argmax"])
    function = np.argmin if name == "argmin" else np.argmax
    keep = p.chance(0.3)
    parameters = {"keep": int(keep)}
    if p.chance(0.3) or x.ndim == 0:
        need(x.size > 0)
        data = np.asarray(function(x.data)).reshape([1] * x.ndim if keep else [])
    else:
        axis = p.random.randrange(x.ndim)
        need(x.shape[axis] > 0)
        parameters["axis"] = axis - x.ndim if p.chance(0.3) else axis
        data = np.asarray(function(x.data, axis=axis, keepdims=keep))
    p.emit(name, [x], [exact(data.astype(np.int64))], **parameters)


def truths(p):
    x = p.pick(lambda v: v.scalar == "bool")
    written, axes = some_axes(p, x)
    keep = written is not None and p.chance(0.4)
    name = p.random.choice(["any", "all"])
    function = np.any if name == "any" else np.all
    parameters = {} if written is None else {"axes": text_of(written), "keep": int(keep)}
    p.emit(name, [x], [exact(np.asarray(function(x.data, axis=axes, keepdims=keep)))], **parameters)


def log_sum_exp(p):
    x = p.pick(lambda v: v.is_float and v.ndim > 0 and v.size > 0)
    need(x.is_finite and (abs(x.wide) < 1e4).all())
    name = p.random.choice(["logSumExp", "softmax", "logSoftmax"])
    axis = p.random.randrange(x.ndim)
    need(x.shape[axis] > 0)
    unit, n = UNIT[x.scalar], x.shape[axis]
    largest = np.max(x.wide, axis=axis, keepdims=True)
    shifted = x.wide - largest
    exponentials = np.exp(shifted)
    whole = np.sum(exponentials, axis=axis, keepdims=True)
    # Differences are rounded, then exponentials within 4 ulp, then n terms are added.
    relative = (np.max(abs(shifted), axis=axis, keepdims=True) + 8 + n) * unit \
        + 2 * np.max(x.err, axis=axis, keepdims=True)
    if name == "softmax":
        ref = exponentials / whole
        own = ref * ((abs(shifted) + 10) * unit + 2 * np.max(x.err) + relative) + 16 * LEAST[x.scalar]
    elif name == "logSoftmax":
        ref = shifted - np.log(whole)
        own = relative + (abs(shifted) + 10 * np.log(whole) + abs(ref)) * unit + 2 * np.max(x.err)
    else:
        ref = largest + np.log(whole)
        own = relative + (abs(largest) + 10 * np.log(whole) + abs(ref)) * unit + np.max(x.err)
        if p.chance(0.5):
            ref, own = np.squeeze(ref, axis), np.squeeze(own, axis)
            result = approximate(x.scalar, ref, own, own)
            p.emit(name, [x], [result], axes=axis, keep=0)
            return
        p.emit(name, [x], [approximate(x.scalar, ref, own, own)], axes=axis, keep=1)
        return
    p.emit(name, [x], [approximate(x.scalar, ref, own, own)], axis=axis)


def cumulative(p):
    x = p.pick(lambda v: v.ndim > 0)
    axis = p.random.randrange(x.ndim)
    with np.errstate(all="ignore"):
        if not x.is_float:
            result = exact(np.cumsum(x.data, axis=axis, dtype=sum_type(x.scalar)))
        else:
            need(x.is_finite)
            wide = x.wide
            ref = np.cumsum(wide, axis=axis)
            if x.exact and sums_exactly(x.scalar, abs(wide), axis):
                result = exact(ref.astype(x.scalar), signs=False)
            else:
                e = np.cumsum(x.err, axis=axis)
                magnitude = np.cumsum(abs(wide) + x.err, axis=axis)
                need((magnitude < np.finfo(x.scalar).max / 2).all())
                # Of ranks, at most five, each adds its own.
                units = min(x.shape[axis], 2 * 13)
                result = approximate(
                    x.scalar, ref, e + units * UNIT[x.scalar] * LONG(1.01) * magnitude, e)
    p.emit("cumulativeSum", [x], [result], axis=axis - x.ndim if p.chance(0.3) else axis)


# Orders

def _order(data, axis, descending):
    def lane(row):
        if not descending:
            return np.argsort(row, kind="stable")
        nan = row != row
        order = len(row) - 1 - np.argsort(row[::-1], kind="stable")[::-1]
        return np.concatenate([order[~nan[order]], np.flatnonzero(nan)])
    if data.size == 0:
        return np.zeros(data.shape, np.int64)
    return np.apply_along_axis(lane, axis, data).astype(np.int64)


def orders(p):
    x = p.pick(lambda v: v.scalar != "bool" and v.ndim > 0)
    axis = p.random.randrange(x.ndim)
    written = axis - x.ndim if p.chance(0.3) else axis
    descending = p.chance(0.4)
    name = p.random.choice(["sorted", "sorted", "argsort", "topK"])
    if not x.exact:
        need(name == "sorted" and x.is_finite)
        ref = np.sort(x.wide, axis=axis)
        ref = np.flip(ref, axis) if descending else ref
        err = np.max(x.err) if x.size else 0
        p.emit(name, [x], [approximate(x.scalar, ref, err, err)], axis=written, descending=int(descending))
        return
    order = _order(x.data, axis, descending)
    values = np.take_along_axis(x.data, order, axis)
    if name == "sorted":
        p.emit(name, [x], [exact(values, x.signs)], axis=written, descending=int(descending))
    elif name == "argsort":
        p.emit(name, [x], [exact(order)], axis=written, descending=int(descending))
    else:
        count = p.random.randint(0, x.shape[axis])
        first = np.arange(count)
        p.emit(
            name, [x],
            [exact(np.take(values, first, axis), x.signs), exact(np.take(order, first, axis))],
            axis=written, count=count, largest=int(descending))


def unique(p):
    x = p.pick(lambda v: v.scalar != "bool" and v.exact)
    data = np.unique(x.data)
    p.emit("unique", [x], [exact(data, signs=not x.is_float)])


def histogram(p):
    x = p.pick(lambda v: v.exact and v.scalar != "bool")
    if x.is_float:
        low, width = p.random.choice([(0, 1), (-1, 2), (0, 0.3), (-4, 8), (1, 16)])
    else:
        low, width = p.random.choice([0, 1] if x.scalar[0] == "u" else [0, 1, -4]), p.random.choice([1, 4, 7, 16])
    bounds = [np.array(n, x.scalar) for n in (low, low + width)]
    bins = p.random.choice([1, 2, 3, 7, 8, 10])
    # NumPy counts values of the type of its edges, which are Double.
    wide = x.data.astype(np.float64).ravel()
    data = np.histogram(wide[np.isfinite(wide)], bins=bins, range=[float(b) for b in bounds])[0]
    p.emit(
        "histogram", [x], [exact(data.astype(np.int64))], bins=bins, low=hex_of(bounds[0]),
        high=hex_of(bounds[1]))


def one_hot(p):
    x = p.pick(lambda v: v.is_integer and v.size < 5000)
    classes = p.random.choice([0, 1, 3, 5])
    scalar = p.random.choice(["float32", "int32", "uint8", "float64"])
    data = (x.data[..., None] == np.arange(classes)).astype(scalar)
    p.emit("oneHot", [x], [exact(data)], classes=classes, type=scalar)


# Products

def matrix_product(a, b):
    with np.errstate(all="ignore"):
        if a.is_integer:
            return exact(np.asarray(np.matmul(a.data, b.data)).astype(a.scalar))
        need(a.is_finite and b.is_finite)
        x, y, ex, ey = a.wide, b.wide, a.err, b.err
        ref = np.asarray(np.matmul(x, y))
        magnitude = np.asarray(np.matmul(abs(x) + ex, abs(y) + ey))
        k = a.shape[-1]
        if a.exact and b.exact:
            fine = LONG(2) ** 12
            if (x * 8 == np.floor(x * 8)).all() and (y * 8 == np.floor(y * 8)).all() \
                    and (magnitude * 64 < 1 / UNIT[a.scalar]).all():
                return exact(ref.astype(a.scalar), signs=False)
        need((magnitude < np.finfo(a.scalar).max / 2).all())
        spread = np.asarray(np.matmul(abs(x), ey) + np.matmul(ex, abs(y)) + np.matmul(ex, ey))
        own = (k + 1) * UNIT[a.scalar] * magnitude * LONG(1.01) + (k + 1) * LONG(2) ** -149
        return approximate(a.scalar, ref, spread + own, spread)


def products(p):
    a = p.pick(lambda v: v.scalar != "bool" and v.ndim > 0 and v.size < 5000)
    name = p.random.choice(["matmul", "matmul", "matmul", "dot", "outer"])
    if name == "outer":
        b = p.leaf(a.scalar, [p.random.randint(0, 6)]) if p.chance(0.5) \
            else p.pick(lambda v: v.scalar == a.scalar)
        need(a.size * b.size <= 20_000)
        left = a.like(lambda x: x.reshape(-1, 1))
        right = b.like(lambda x: x.reshape(1, -1))
        p.emit(name, [a, b], [apply_binary("multiply", left, right)])
        return
    if name == "dot":
        need(a.ndim == 1)
        b = p.leaf(a.scalar, a.shape)
        p.emit(name, [a, b], [matrix_product(a, b)])
        return
    k = a.shape[-1]
    try:
        need(p.chance(0.4))
        b = p.pick(lambda v: v.scalar == a.scalar and v.ndim > 0 and v.shape[max(v.ndim - 2, 0)] == k)
    except Reject:
        if p.chance(0.2):
            b = p.leaf(a.scalar, [k])
        else:
            batch = [1 if p.chance(0.3) else e for e in a.shape[:-2]] if p.chance(0.5) else []
            if a.ndim == 2 and p.chance(0.3):
                batch = [p.random.choice([0, 1, 2, 3])]
            b = p.leaf(a.scalar, batch + [k, p.random.choice([0, 1, 2, 3, 5, 8])])
    try:
        result = matrix_product(a, b)
    except ValueError:
        raise Reject
    need(result.size <= 20_000)
    p.emit(name, [a, b], [result])


ALL = [
    (8, sums), (2, product), (4, extremes), (3, positions), (2, truths), (2, log_sum_exp),
    (3, cumulative), (4, orders), (1, unique), (1, histogram), (1, one_hot), (5, products)]
