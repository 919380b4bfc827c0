"""Functions of one, two and three operands, element by element, with broadcasting."""

import math

import numpy as np

from program import hex_of
from values import (
    FLOATS, INTEGERS, NUMBERS, TYPES, UNIT, LEAST, Reject, Value, approximate, exact, need, rounded, times)

LONG = np.longdouble
_erf = np.vectorize(math.erf, otypes=[float])
_erfc = np.vectorize(math.erfc, otypes=[float])


def _gelu(x):
    if not x.size:
        return x
    tail = _erfc(np.asarray(-x / np.sqrt(LONG(2)), float))
    return np.where(x == -np.inf, LONG(-0.0), LONG(0.5) * x * tail)


# Functions within 4 ulp: reference, and how far results lie apart for operands that lie `e` apart.
def _monotone(function):
    def spread(x, e):
        return np.maximum(abs(function(x + e) - function(x)), abs(function(x - e) - function(x)))
    return spread


def _lipschitz(slope):
    return lambda x, e: slope * e


MATHEMATICAL = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2,
    "log10": np.log10, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh,
    "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(x, LONG(0)),
    "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "cosh": np.cosh,
    "erf": lambda x: _erf(np.asarray(x, float)).astype(LONG) if x.size else x,
    "gelu": _gelu,
}
SPREAD = {
    "sin": _lipschitz(1), "cos": _lipschitz(1), "erf": _lipschitz(1.13), "gelu": _lipschitz(1.13),
    "softplus": _lipschitz(1), "sigmoid": _lipschitz(0.25),
    "cosh": lambda x, e: np.cosh(abs(x) + e) - np.cosh(x),
}


def _relu(x):
    return np.where(x > 0, x, np.where(x == x, x.dtype.type(0), x))


def _sign(x):
    one = x.dtype.type(1)
    below = np.zeros_like(x) - one if x.dtype.kind != "u" else np.zeros_like(x)
    return np.where(x > 0, one, np.where(x < 0, below, np.where(x == x, x.dtype.type(0), x)))


ROUNDED_ONCE = {
    "neg": lambda x: -x, "abs": np.abs, "square": lambda x: x * x, "relu": _relu, "sign": _sign,
    "sqrt": np.sqrt, "reciprocal": lambda x: x.dtype.type(1) / x, "floor": np.floor,
    "ceil": np.ceil, "round": np.rint, "trunc": np.trunc,
}
OF_INTEGERS = ["neg", "abs", "square", "relu", "sign"]


def apply_unary(name, x):
    with np.errstate(all="ignore"):
        need(x.signs or name not in ("reciprocal", "rsqrt") or not (x.wide == 0).any())
        if x.exact and name in ROUNDED_ONCE:
            data = np.asarray(ROUNDED_ONCE[name](x.data)).astype(x.scalar)
            return exact(data, x.signs or name in ("sign", "relu", "abs"))
        wide, e = x.wide, x.err
        if name in ("floor", "ceil", "round", "trunc", "sign"):
            raise Reject
        if name in ROUNDED_ONCE:
            ref = ROUNDED_ONCE[name](wide)
            if name in ("neg", "abs", "relu"):
                return approximate(x.scalar, ref, e, e)
            if name == "square":
                spread = times(2 * abs(wide), e) + e * e
            elif name == "reciprocal":
                need((e == 0).all() or (abs(wide) > 2 * e).all())
                spread = np.where(e == 0, 0, e / (abs(wide) * (abs(wide) - e)))
            else:
                need((wide > 2 * e)[e > 0].all())
                spread = np.where(e == 0, 0, _monotone(np.sqrt)(wide, e))
            return rounded(x.scalar, ref, spread, e)
        if name in ("sin", "cos", "tan") and not x.exact:
            need((abs(wide[np.isfinite(wide)]) < 1e6).all())
        if name in ("tan",) and not x.exact:
            need((abs(np.tan(wide)) < 10).all())
        function = MATHEMATICAL[name]
        ref = function(wide)
        spread = np.where(e == 0, 0, SPREAD.get(name, _monotone(function))(wide, e))
        need(np.isfinite(spread).all())
        units = np.full(x.shape, LONG(8))
        if name == "gelu":
            # The reference itself has the argument of its error function rounded to Double.
            finite = np.where(np.isfinite(wide), wide, 0)
            units = units + 4 + np.minimum(finite * finite, 1500) * UNIT["float64"] / UNIT[x.scalar]
            need(x.scalar == "float32" or (finite > -20).all())
        result = rounded(x.scalar, ref, spread, e, units)
        return result


def unary(p):
    x = p.pick(lambda v: v.scalar != "bool")
    names = OF_INTEGERS if x.is_integer else list(MATHEMATICAL) + list(ROUNDED_ONCE)
    name = p.random.choice(names)
    if name in ("erf", "gelu"):
        need(x.size < 5000)
    p.emit(name, [x], [apply_unary(name, x)])


def classify(p):
    x = p.pick(lambda v: v.is_float)
    name = p.random.choice(["isNaN", "isFinite", "isInfinite"])
    function = {"isNaN": np.isnan, "isFinite": np.isfinite, "isInfinite": np.isinf}[name]
    p.emit(name, [x], [exact(function(x.wide))])


# Two operands

def _divide_integers(a, b):
    zero = b == 0
    divisor = np.where(zero, b.dtype.type(1), b)
    quotient = np.floor_divide(a, divisor)
    remainder = a - quotient * divisor
    quotient = quotient + ((remainder != 0) & ((a < 0) != (divisor < 0))).astype(a.dtype)
    return np.where(zero, a.dtype.type(0), quotient)


def _remainder_integers(a, b):
    zero = b == 0
    divisor = np.where(zero, b.dtype.type(1), b)
    return np.where(zero, a.dtype.type(0), np.fmod(a, divisor))


def _by_elements(function, a, b):
    """In Python's own integers, wrapped."""
    need(max(a.size, b.size) <= 2000)
    shape = np.broadcast_shapes(a.shape, b.shape)
    bits = a.dtype.itemsize * 8
    def wrapped(x, y):
        word = function(int(x), int(y), bits) & (1 << bits) - 1
        return word - (1 << bits) if a.dtype.kind == "i" and word >> (bits - 1) else word
    pairs = zip(np.broadcast_to(a, shape).ravel(), np.broadcast_to(b, shape).ravel())
    return np.array([wrapped(x, y) for x, y in pairs], a.dtype).reshape(shape)


def _power(a, b, bits):
    if b < 0:
        return a if a in (1, -1) and b % 2 else 1 if a in (1, -1) else 0
    return pow(a, b, 1 << bits)


def _shift(a, b, bits):
    if b >= 0:
        return a << b if b < bits else 0
    return a >> min(-b, bits)


BINARY_OF_INTEGERS = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": _divide_integers,
    "remainder": _remainder_integers,
    "power": lambda a, b: _by_elements(_power, a, b),
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    "shiftLeft": lambda a, b: _by_elements(_shift, a, b),
    "shiftRight": lambda a, b: _by_elements(lambda x, y, bits: _shift(x, -y, bits), a, b),
}


def _least(a, b):
    return np.where((b < a) | (b != b), b, a) if a.dtype.kind == "f" else np.minimum(a, b)


def _most(a, b):
    return np.where((b > a) | (b != b), b, a) if a.dtype.kind == "f" else np.maximum(a, b)


def apply_binary(name, a, b):
    """The value of an operation of two values of one type that broadcast."""
    need(a.scalar == b.scalar)
    with np.errstate(all="ignore"):
        if name == "minimum" or name == "maximum":
            function = _least if name == "minimum" else _most
            if a.exact and b.exact:
                data = np.where(a.data != a.data, a.data, function(a.data, b.data))
                return exact(data.astype(a.scalar), a.signs and b.signs)
            need(a.is_finite and b.is_finite)
            return approximate(
                a.scalar, function(*np.broadcast_arrays(a.wide, b.wide)),
                np.maximum(a.err, b.err), np.maximum(a.err, b.err))
        if a.scalar == "bool":
            return exact(BINARY_OF_INTEGERS[name](a.data, b.data))
        if a.is_integer:
            return exact(np.asarray(BINARY_OF_INTEGERS[name](a.data, b.data)).astype(a.scalar))
        signs = a.signs and b.signs
        rounded_once = {
            "add": np.add, "subtract": np.subtract, "multiply": np.multiply,
            "divide": np.divide, "remainder": np.fmod}
        x, y, ex, ey = a.wide, b.wide, a.err, b.err
        if name == "power":
            need(signs or not (x == 0).any())
        if name == "divide" or name == "atan2":
            need(signs or not (y == 0).any() and (name == "divide" or not (x == 0).any()))
        if a.exact and b.exact and name in rounded_once:
            return exact(np.asarray(rounded_once[name](a.data, b.data)).astype(a.scalar), signs)
        operand_err = ex + ey
        if name == "add" or name == "subtract":
            return rounded(a.scalar, rounded_once[name](x, y), ex + ey, operand_err)
        if name == "multiply":
            spread = times(abs(x), ey) + times(abs(y), ex) + ex * ey
            return rounded(a.scalar, x * y, spread, operand_err)
        if name == "divide":
            ref = x / y
            need((abs(y) > 2 * ey)[np.broadcast_to(ey > 0, y.shape)].all())
            spread = np.where(operand_err == 0, 0, (ex + times(abs(ref), ey)) / (abs(y) - ey))
            return rounded(a.scalar, ref, spread, operand_err)
        if name == "power":
            ref = np.power(x, y)
            if not (a.exact and b.exact):
                need((x > 2 * ex).all() and a.is_finite and b.is_finite)
            corners = [
                abs(np.power(x + s * ex, y + t * ey) - ref) for s in (-1, 1) for t in (-1, 1)]
            spread = np.where(operand_err == 0, 0, np.maximum.reduce(corners))
            return rounded(a.scalar, ref, spread, operand_err, 8)
        if name == "atan2":
            ref = np.arctan2(x, y)
            least = np.hypot(x, y) - operand_err
            if not (a.exact and b.exact):
                need((least > 0).all() and ((y > ey) | (abs(x) > ex)).all())
            return rounded(
                a.scalar, ref, np.where(operand_err == 0, 0, operand_err / least), operand_err, 8)
        if name == "hypot":
            return rounded(a.scalar, np.hypot(x, y), operand_err, operand_err, 8)
    raise Reject


def partner(p, x):
    """A second operand for x: of its type, of a shape that broadcasts with its shape."""
    def fits(v):
        if v.scalar != x.scalar:
            return False
        try:
            shape = np.broadcast_shapes(v.shape, x.shape)
        except ValueError:
            return False
        return np.prod(shape, dtype=np.int64) <= 50_000
    if p.chance(0.6):
        try:
            return p.pick(fits)
        except Reject:
            pass
    shape = [1 if p.chance(0.25) else extent for extent in x.shape]
    return p.leaf(x.scalar, shape[p.random.randint(0, len(shape)):] if p.chance(0.4) else shape)


BINARY_OF_FLOATS = [
    "add", "subtract", "multiply", "divide", "remainder", "power", "minimum", "maximum", "atan2",
    "hypot"]
WITH_NUMBERS = [
    "add", "subtract", "multiply", "divide", "remainder", "power", "minimum", "maximum", "and",
    "or", "xor", "shiftLeft", "shiftRight"]


def _binary_name(p, x):
    if x.scalar == "bool":
        return p.random.choice(["and", "or", "xor"])
    if x.is_float:
        return p.random.choice(BINARY_OF_FLOATS)
    return p.random.choice(list(BINARY_OF_INTEGERS) + ["minimum", "maximum"])


def binary(p):
    x = p.pick()
    y = partner(p, x)
    if p.chance(0.5):
        x, y = y, x
    name = _binary_name(p, x)
    p.emit(name, [x, y], [apply_binary(name, x, y)])


def with_number(p):
    x = p.pick(lambda v: v.scalar != "bool")
    name = _binary_name(p, x)
    need(name in WITH_NUMBERS)
    number, word = p.number(x.scalar)
    if p.chance(0.6):
        p.emit(name, [x], [apply_binary(name, x, number)], number=word, side="right")
    else:
        p.emit(name, [x], [apply_binary(name, number, x)], number=word, side="left")


def update(p):
    """x += y and its like: the shape stays that of x."""
    x = p.pick(lambda v: v.scalar != "bool")
    name = p.random.choice(["add", "subtract", "multiply", "divide", "remainder"])
    consumed = [x] if p.chance(0.7) else []
    if p.chance(0.3):
        number, word = p.number(x.scalar)
        result = apply_binary(name, x, number)
        p.emit("update", [x], [result], consumed, function=name, number=word)
        return
    y = x if p.chance(0.1) else partner(p, x)
    need(np.broadcast_shapes(x.shape, y.shape) == x.shape)
    result = apply_binary(name, x, y)
    p.emit("update", [x, y], [result], [] if y is x else consumed, function=name)


COMPARISONS = {
    "equal": np.equal, "notEqual": np.not_equal, "less": np.less, "lessEqual": np.less_equal,
    "greater": np.greater, "greaterEqual": np.greater_equal}


def _compared(name, a, b):
    if not (a.exact and b.exact):
        with np.errstate(all="ignore"):
            distance = abs(a.wide - b.wide)
        need(a.is_finite and b.is_finite and (distance > 2 * (a.err + b.err)).all())
        return exact(np.asarray(COMPARISONS[name](a.wide, b.wide)))
    return exact(np.asarray(COMPARISONS[name](a.data, b.data)))


def compare(p):
    x = p.pick()
    name = p.random.choice(list(COMPARISONS))
    need(x.scalar != "bool" or name in ("equal", "notEqual"))
    if x.scalar != "bool" and p.chance(0.4):
        number, word = p.number(x.scalar)
        if p.chance(0.5):
            p.emit(name, [x], [_compared(name, x, number)], number=word, side="right")
        else:
            p.emit(name, [x], [_compared(name, number, x)], number=word, side="left")
        return
    y = partner(p, x)
    p.emit(name, [x, y], [_compared(name, x, y)])


def logical_not(p):
    x = p.pick(lambda v: v.scalar == "bool" or v.is_integer)
    p.emit("not", [x], [exact(~x.data)])


def _chosen(mask, a, b):
    if a.exact and b.exact:
        return exact(np.where(mask, a.data, b.data).astype(a.scalar), a.signs and b.signs)
    ref = np.where(mask, a.wide, b.wide)
    err = np.where(mask, a.err, b.err)
    return approximate(a.scalar, ref, err, err)


def select(p):
    mask = p.pick(lambda v: v.scalar == "bool")
    def fits(v):
        try:
            return np.prod(np.broadcast_shapes(v.shape, mask.shape)) <= 50_000
        except ValueError:
            return False
    a = p.pick(fits) if p.chance(0.7) else p.leaf(shape=mask.shape)
    b = partner(p, a)
    try:
        np.broadcast_shapes(mask.shape, a.shape, b.shape)
    except ValueError:
        raise Reject
    p.emit("select", [mask, a, b], [_chosen(mask.data, a, b)])


def clamped(p):
    x = p.pick(lambda v: v.scalar != "bool")
    low, high = sorted([p.number(x.scalar)[0].data.item() for _ in range(2)])
    need(low == low and high == high and low < high)
    low, high = (exact(np.array(n, x.scalar)) for n in (low, high))
    result = apply_binary("minimum", apply_binary("maximum", x, low), high)
    p.emit("clamped", [x], [result], low=hex_of(low.data), high=hex_of(high.data))


def apply_ternary(name, x, y, z):
    """The value of an operation of three values of one type that broadcast."""
    if name == "clampedBetween":
        return apply_binary("minimum", apply_binary("maximum", x, y), z)
    if x.is_integer:
        return apply_binary("add", x, apply_binary("multiply", y, z))
    with np.errstate(all="ignore"):
        a, b, c, ea, eb, ec = x.wide, y.wide, z.wide, x.err, y.err, z.err
        if name == "addingProduct":
            spread = ea + times(abs(b), ec) + times(abs(c), eb) + eb * ec
            # What the reference loses of a product that the sum cancels.
            product = b * c
            spread = spread + np.where(np.isfinite(product), abs(product), 0) * LONG(2) ** -63
            return rounded(x.scalar, a + product, spread, ea + eb + ec)
        need(all(v.is_finite and (abs(v.wide) < 1e15).all() for v in (x, y, z)))
        size = abs(a) + abs(b) + abs(b - a) * (1 + abs(c))
        spread = (ea + eb) * (1 + abs(c) + ec) + (abs(b - a) + ea + eb) * ec
        return rounded(
            x.scalar, a + c * (b - a), spread + 8 * UNIT[x.scalar] * (size + spread), ea + eb + ec)


def ternary(p):
    x = p.pick(lambda v: v.scalar != "bool")
    y, z = partner(p, x), partner(p, x)
    try:
        shape = np.broadcast_shapes(x.shape, y.shape, z.shape)
    except ValueError:
        raise Reject
    need(np.prod(shape, dtype=np.int64) <= 50_000)
    name = p.random.choice(["clampedBetween", "addingProduct"] + ["lerp"] * x.is_float)
    p.emit(name, [x, y, z], [apply_ternary(name, x, y, z)])


def _saturated(data, scalar):
    info = np.iinfo(scalar)
    def one(x):
        if x != x:
            return 0
        if x in (np.inf, -np.inf):
            return info.max if x > 0 else info.min
        return min(max(int(x), info.min), info.max)
    return np.array([one(x) for x in data.ravel().tolist()], scalar).reshape(data.shape)


def converted_value(x, scalar):
    with np.errstate(all="ignore"):
        if not x.exact:
            need(scalar in FLOATS)
            if scalar == x.scalar:
                return approximate(scalar, x.wide, x.err, x.err)
            if scalar == "float64":
                return approximate(scalar, x.wide, x.err, x.err)
            return rounded(scalar, x.wide, x.err, x.err)
        if scalar == "bool":
            return exact(x.data != 0)
        if scalar in FLOATS:
            return exact(x.data.astype(scalar), x.signs)
        if x.scalar == "bool":
            return exact(x.data.astype(scalar))
        return exact(_saturated(x.data, scalar))


def converted(p):
    x = p.pick()
    scalar = p.random.choice(TYPES)
    p.emit("converted", [x], [converted_value(x, scalar)], type=scalar)


ALL = [
    (10, unary), (1, classify), (10, binary), (6, with_number), (4, update), (4, compare),
    (1, logical_not), (3, select), (1, clamped), (3, ternary), (4, converted)]
