"""Leaves, elements that move without being changed, and indices of every kind, for reading and for writing."""

import numpy as np

from elementwise import apply_binary, partner
from program import hex_of, text_of
from values import FLOATS, INTEGERS, TYPES, Reject, Value, approximate, exact, need


# Creation

def leaf(p):
    p.leaf()


def created(p):
    scalar = p.scalar()
    name = p.random.choice(["zeros", "ones", "full", "arange", "eye", "linspace", "arangeBy"])
    need(scalar != "bool" or name == "full")
    parameters = {"type": scalar}
    shape = p.shape()
    if name in ("zeros", "ones", "full"):
        number, word = p.number(scalar)
        value = {"zeros": 0, "ones": 1, "full": number.data}[name]
        data = np.full(shape, value, scalar)
        parameters["shape"] = text_of(shape)
        if name == "full":
            parameters["number"] = word
    elif name == "arange":
        count = p.random.choice([0, 1, 5, 12, 100])
        data = np.arange(count).astype(scalar)
        parameters["count"] = count
    elif name == "eye":
        count, columns = p.random.randint(0, 6), p.random.randint(0, 6)
        data = np.eye(count, columns, dtype=scalar)
        parameters.update(count=count, columns=columns)
    elif name == "linspace":
        need(scalar in FLOATS)
        low, high, count = p.random.randint(-5, 5), p.random.randint(-5, 5), p.random.choice([1, 2, 3, 5, 9])
        need(count == 1 or (count - 1) & (count - 2) == 0)
        data = np.linspace(low, high, count).astype(scalar)
        parameters.update(
            low=hex_of(np.array(low, scalar)), high=hex_of(np.array(high, scalar)), count=count)
    else:
        unsigned = scalar[0] == "u"
        low, high = p.random.randint(0 if unsigned else -9, 9), p.random.randint(0 if unsigned else -9, 20)
        step = p.random.choice([1, 2, 3] if unsigned else [-3, -2, -1, 1, 2, 3])
        data = np.arange(low, high, step).astype(scalar)
        parameters.update(
            low=hex_of(np.array(low, scalar)), high=hex_of(np.array(high, scalar)), by=step)
    value = exact(data)
    if value.ndim and p.chance(0.5):
        parameters["sharding"] = p.random.randrange(value.ndim)
    p.emit(name, [], [value], **parameters)


# Movement

def redistributed(p):
    x = p.pick()
    result = x.like(lambda d: d)
    result.signs = False  # a partial tensor is summed
    to = f"sharded:{p.random.randrange(x.ndim)}" if x.ndim and p.chance(0.7) else "replicated"
    p.emit("redistributed", [x], [result], to=to)


def stored(p):
    """Written to a file and read again into another sharding."""
    x = p.pick(lambda v: v.size <= 5000)
    result = x.like(lambda d: d)
    result.signs = False
    result.terms = False
    to = f"sharded:{p.random.randrange(x.ndim)}" if x.ndim and p.chance(0.7) else "replicated"
    p.emit("stored", [x], [result], to=to)


def _factors(p, size, count):
    shape = []
    for _ in range(count - 1):
        divisors = [d for d in (1, 2, 3, 4, 5, 6, 7, 8) if size % d == 0]
        shape.append(p.random.choice(divisors))
        size //= shape[-1]
    return shape + [size]


def reshaped(p):
    x = p.pick()
    name = p.random.choice(["reshaped", "reshaped", "flattened", "expandingAxis", "squeezed"])
    if name == "flattened":
        p.emit(name, [x], [x.like(lambda d: d.reshape(-1))])
    elif name == "expandingAxis":
        axis = p.random.randint(-x.ndim - 1, x.ndim)
        p.emit(name, [x], [x.like(lambda d: np.expand_dims(d, axis))], at=axis)
    elif name == "squeezed":
        ones = [axis for axis, extent in enumerate(x.shape) if extent == 1]
        if p.chance(0.5):
            p.emit(name, [x], [x.like(np.squeeze)])
        else:
            need(ones)
            axis = p.random.choice(ones)
            p.emit(name, [x], [x.like(lambda d: np.squeeze(d, axis))], axes=axis)
    else:
        if x.size == 0:
            shape = list(x.shape)
            p.random.shuffle(shape)
            shape.insert(p.random.randint(0, len(shape)), p.random.choice([1, 3]))
        else:
            shape = _factors(p, x.size, p.random.randint(1, 4))
            p.random.shuffle(shape)
            if x.size == 1 and p.chance(0.3):
                shape = []
        written = list(shape)
        if shape and x.size and p.chance(0.3):
            written[p.random.randrange(len(shape))] = -1
        p.emit("reshaped", [x], [x.like(lambda d: d.reshape(shape))], shape=text_of(written))


def permuted(p):
    x = p.pick(lambda v: v.ndim > 1 or p.chance(0.1))
    axes = list(range(x.ndim))
    p.random.shuffle(axes)
    if p.chance(0.3):
        p.emit("transposed", [x], [x.like(np.transpose)])
        return
    written = [axis - x.ndim if p.chance(0.3) else axis for axis in axes]
    p.emit("permuted", [x], [x.like(lambda d: np.transpose(d, axes))], axes=text_of(written))


def expanded(p):
    x = p.pick(lambda v: v.size <= 500)
    shape = [p.random.choice([0, 1, 2, 3]) if e == 1 and p.chance(0.6) else e for e in x.shape]
    shape = [p.random.choice([1, 2, 3]) for _ in range(p.random.choice([0, 0, 1]))] + shape
    p.emit("expanded", [x], [x.like(lambda d: np.broadcast_to(d, shape))], shape=text_of(shape))


def flipped(p):
    x = p.pick(lambda v: v.ndim > 0)
    axes = [axis for axis in range(x.ndim) if p.chance(0.5)]
    p.emit("flipped", [x], [x.like(lambda d: np.flip(d, axes))], axes=text_of(axes))


def rolled(p):
    x = p.pick(lambda v: v.ndim > 0)
    axis, distance = p.random.randrange(x.ndim), p.random.randint(-11, 11)
    p.emit("rolled", [x], [x.like(lambda d: np.roll(d, distance, axis))], by=distance, axis=axis)


def repeated(p):
    x = p.pick(lambda v: v.size <= 500)
    if p.chance(0.5) and x.ndim:
        axis, count = p.random.randrange(x.ndim), p.random.randint(0, 3)
        p.emit("repeated", [x], [x.like(lambda d: np.repeat(d, count, axis))], count=count, axis=axis)
        return
    counts = [p.random.randint(0, 3) for _ in range(p.random.randint(1, x.ndim + 1))]
    p.emit("tiled", [x], [x.like(lambda d: np.tile(d, counts))], counts=text_of(counts))


def padded(p):
    x = p.pick(lambda v: v.ndim > 0 and v.size <= 2000 and v.scalar != "bool")
    widths = [(p.random.randint(0, 2), p.random.randint(0, 2)) for _ in range(p.random.randint(1, x.ndim))]
    number, word = p.number(x.scalar)
    all_widths = [(0, 0)] * (x.ndim - len(widths)) + widths
    if x.exact:
        result = exact(np.pad(x.data, all_widths, constant_values=number.data), x.signs)
    else:
        need(number.is_finite)
        result = approximate(
            x.scalar, np.pad(x.wide, all_widths, constant_values=number.wide),
            np.pad(x.err, all_widths))
    p.emit(
        "padded", [x], [result], widths=text_of(w for pair in widths for w in pair), number=word)


def joined(values, function):
    if all(v.exact for v in values):
        return exact(function([v.data for v in values]), all(v.signs for v in values))
    return approximate(
        values[0].scalar, function([v.wide for v in values]), function([v.err for v in values]),
        function([v.err for v in values]))


def concatenated(p):
    x = p.pick(lambda v: v.ndim > 0 and v.size <= 10_000)
    axis = p.random.randrange(x.ndim)
    written = axis - x.ndim if p.chance(0.3) else axis
    parts = [x]
    for _ in range(p.random.randint(0, 2)):
        shape = list(x.shape)
        def fits(v):
            return v.scalar == x.scalar and v.ndim == x.ndim and all(
                a == b or i == axis for i, (a, b) in enumerate(zip(v.shape, x.shape)))
        if p.chance(0.6):
            parts.append(p.pick(fits))
        else:
            shape[axis] = p.random.randint(0, 4)
            parts.append(p.leaf(x.scalar, shape))
    p.random.shuffle(parts)
    p.emit("concatenate", parts, [joined(parts, lambda d: np.concatenate(d, axis))], axis=written)


def stacked(p):
    x = p.pick(lambda v: v.size <= 10_000)
    parts = [x] + [
        p.pick(lambda v: v.scalar == x.scalar and v.shape == x.shape)
        for _ in range(p.random.randint(0, 2))]
    axis = p.random.randint(-x.ndim - 1, x.ndim)
    p.emit("stack", parts, [joined(parts, lambda d: np.stack(d, axis))], axis=axis)


def split(p):
    x = p.pick(lambda v: v.ndim > 0)
    axis = p.random.randrange(x.ndim)
    extent = x.shape[axis]
    if p.chance(0.3):
        need(extent <= 6)
        parts = [x.like(lambda d, i=i: np.take(d, i, axis)) for i in range(extent)]
        need(parts)
        p.emit("unstacked", [x], parts, axis=axis)
        return
    if p.chance(0.5):
        count = p.random.choice([n for n in (1, 2, 3, 4) if extent % n == 0])
        extents = [extent // count] * count
        parameters = {"count": count}
    else:
        cuts = sorted(p.random.randint(0, extent) for _ in range(p.random.randint(0, 2)))
        cuts = [0] + cuts + [extent]
        extents = [b - a for a, b in zip(cuts, cuts[1:])]
        parameters = {"extents": text_of(extents)}
    parts, start = [], 0
    for length in extents:
        where = (slice(None),) * axis + (slice(start, start + length),)
        parts.append(x.like(lambda d, w=where: d[w]))
        start += length
    p.emit("split", [x], parts, axis=axis, **parameters)


def matrices(p):
    x = p.pick(lambda v: v.ndim >= 2)
    offset = p.random.randint(-4, 4)
    name = p.random.choice(["diagonal", "lower", "upper"])
    if name == "diagonal":
        # A far diagonal is empty, where NumPy refuses it for some shapes.
        rows, columns = x.shape[-2:]
        need(-rows <= offset <= columns)
        p.emit(name, [x], [x.like(lambda d: np.diagonal(d, offset, -2, -1))], offset=offset)
    else:
        function = np.tril if name == "lower" else np.triu
        p.emit(name, [x], [x.like(lambda d: function(d, offset))], offset=offset)


def diff(p):
    x = p.pick(lambda v: v.ndim > 0 and v.scalar != "bool")
    axis = p.random.randrange(x.ndim)
    before = (slice(None),) * axis
    later = x.like(lambda d: d[before + (slice(1, None),)])
    earlier = x.like(lambda d: d[before + (slice(None, -1),)])
    p.emit("diff", [x], [apply_binary("subtract", later, earlier)], axis=axis)


def non_zero(p):
    x = p.pick(lambda v: v.exact and v.ndim > 0)
    p.emit("nonZero", [x], [exact(np.argwhere(x.data != 0).astype(np.int64))])


# Indices

class Index:
    """Terms of an index, as words and as what NumPy does in two steps: positions and slices, then tensors."""

    def __init__(self, p, x, tensors=True, unique=False):
        self.words, self.operands = [], []
        self.basic, self.advanced, self.place = [], (), 0
        axis, result_axis = 0, 0
        # One ellipsis at most, which stands for all axes that no other term names.
        left = list(x.shape)
        kind = p.random.random() if tensors and x.ndim else 1
        count = p.random.randint(0 if x.ndim == 0 or p.chance(0.1) else 1, x.ndim)
        selector_at = p.random.randrange(max(count, 1)) if kind < 0.4 else -1
        while axis < count:
            if p.chance(0.07):
                self.words.append("n")
                self.basic.append(None)
                result_axis += 1
            extent = x.shape[axis]
            if axis >= selector_at >= 0 and not self.advanced:
                self.place = result_axis
                if kind < 0.15:
                    # A mask without axes makes a new one.
                    covered = p.random.randint(0 if p.chance(0.2) else 1, x.ndim - axis)
                    shape = x.shape[axis:axis + covered]
                    def is_mask(v):
                        return v.scalar == "bool" and v.shape == shape
                    mask = p.pick(is_mask) if p.chance(0.5) and any(map(is_mask, p.live)) \
                        else p.leaf("bool", shape)
                    self._tensor("m", mask, covered)
                    axis += covered
                    result_axis += covered
                    continue
                need(extent > 0)
                covered = p.random.choice([1, 1, 1, 2]) if axis + 1 < x.ndim and x.shape[axis + 1] else 1
                shape = None
                for offset in range(covered):
                    limit = x.shape[axis + offset]
                    if unique:
                        length = p.random.randint(0, limit) if shape is None else shape[0]
                        need(length <= limit)
                        shape = (length,)
                        numbers = p.numbers.permutation(limit)[:length]
                        numbers = numbers - limit * (p.numbers.random(length) < 0.3)
                    else:
                        if shape is None or p.chance(0.2):
                            shape = tuple(p.random.choice([0, 1, 2, 3, 5]) for _ in range(p.random.choice([0, 1, 1, 1, 2]))) \
                                if shape is None else (1,) * p.random.randint(0, len(shape))
                        numbers = p.numbers.integers(-limit, limit, int(np.prod(shape)))
                    low = int(numbers.min()) if numbers.size else 0
                    scalar = p.random.choice(["int64", "int32", "int64", "int16", "uint8"])
                    need(limit < 120 or scalar in ("int64", "int32"))
                    if low < 0 and scalar == "uint8":
                        scalar = "int64"
                    self._tensor("p", p.leaf(scalar, shape, numbers.astype(scalar)), 1)
                axis += covered
                result_axis += covered
                continue
            if p.chance(0.35):
                need(extent > 0)
                position = p.random.randint(-extent, extent - 1)
                self.words.append(f"i:{position}")
                self.basic.append(position)
            elif p.chance(0.25):
                self.words.append("a")
                self.basic.append(slice(None))
                result_axis += 1
            else:
                bounds = [None if p.chance(0.3) else p.random.randint(-extent - 2, extent + 2) for _ in range(2)]
                step = p.random.choice([1, 1, 1, 2, 3, -1, -1, -2])
                self.words.append(":".join(["s"] + ["_" if b is None else str(b) for b in bounds] + [str(step)]))
                self.basic.append(slice(*bounds, step))
                result_axis += 1
            axis += 1
        if p.chance(0.2):
            self.words.append("e")
            self.basic.append(Ellipsis)
        self.basic = tuple(self.basic)

    def _tensor(self, kind, value, axes):
        self.words.append(f"{kind}:{value.id}")
        self.operands.append(value)
        self.basic += [slice(None)] * axes
        self.advanced += (value.data,)

    @property
    def text(self):
        return "|".join(self.words) or "-"

    def _full(self):
        return (slice(None),) * self.place + self.advanced

    def read(self, data):
        part = data[self.basic] if self.basic else data
        return part[self._full()] if self.advanced else part

    def write(self, data, value):
        data = data.copy()
        if self.advanced:
            # A view even of a single element.
            part = data[self.basic + (Ellipsis,)] if Ellipsis not in self.basic else data[self.basic]
            part[self._full()] = value
        else:
            data[self.basic] = value
        return data


def indexed(p):
    x = p.pick(lambda v: v.ndim > 0 or p.chance(0.05))
    index = Index(p, x)
    result = x.like(index.read)
    need(result.size <= 50_000)
    p.emit("index", [x] + index.operands, [result], terms=index.text)


def _written(p, x, value, index):
    if x.exact and value.exact:
        return exact(index.write(x.data, value.data), x.signs and value.signs)
    err = index.write(x.err, value.err)
    return approximate(x.scalar, index.write(x.wide, value.wide), err, err)


def assigned(p):
    x = p.pick(lambda v: v.ndim > 0)
    index = Index(p, x, unique=True)
    need(not any(v is x for v in index.operands))
    part = x.like(index.read)
    consumed = [x] if p.chance(0.7) else []
    function = p.random.choice(["set", "set", "set", "add", "multiply", "subtract"])
    kind = p.random.random()
    if x.scalar == "bool":
        function = "set"
    if kind < 0.3:
        value, word = p.number(x.scalar)
        operands, parameters = [], {"number": word}
    elif kind < 0.45 and not index.advanced:
        # A part of the tensor itself, which it overlaps.
        other = Index(p, x, tensors=False)
        value = x.like(other.read)
        try:
            need(np.broadcast_shapes(value.shape, part.shape) == part.shape)
        except ValueError:
            raise Reject
        operands, parameters = [], {"own": other.text}
    else:
        value = partner(p, part)
        need(value is not x)
        operands, parameters = [value], {}
    try:
        need(np.broadcast_shapes(value.shape, part.shape) == part.shape)
    except ValueError:
        raise Reject
    if function != "set":
        value = apply_binary(function, part, value)
    result = _written(p, x, value, index)
    p.emit(
        "assign", [x] + operands + index.operands, [result], consumed, terms=index.text,
        function=function, **parameters)


def taking(p):
    x = p.pick(lambda v: v.ndim > 0 and v.size <= 10_000)
    axis = p.random.randrange(x.ndim)
    extent = x.shape[axis]
    need(0 < extent < 30_000)
    name = p.random.choice(["taking", "gathered", "scattering", "scatteringSum"])
    if name == "taking":
        shape = tuple(p.random.choice([0, 1, 2, 4]) for _ in range(p.random.choice([0, 1, 1, 2])))
        where = p.leaf("int64", shape, p.numbers.integers(-extent, extent, int(np.prod(shape))))
        p.emit(name, [x, where], [x.like(lambda d: np.take(d, where.data, axis))], axis=axis)
        return
    shape = list(x.shape)
    shape[axis] = p.random.randint(0, 4)
    size = int(np.prod(shape))
    if name == "scattering":
        # Each position once, as NumPy keeps the last of several.
        need(shape[axis] <= extent)
        lanes = [p.numbers.permutation(extent)[:shape[axis]] for _ in range(size // max(shape[axis], 1))]
        numbers = np.array(lanes, np.int64).reshape([e for i, e in enumerate(shape) if i != axis] + [shape[axis]])
        numbers = np.moveaxis(numbers, -1, axis)
    else:
        numbers = p.numbers.integers(0, extent, size)
    where = p.leaf("int64", shape, numbers)
    if name == "gathered":
        p.emit(name, [x, where], [x.like(lambda d: np.take_along_axis(d, where.data, axis))], axis=axis)
        return
    values = p.leaf(x.scalar, shape)
    if name == "scattering":
        def put(d, v):
            d = d.copy()
            np.put_along_axis(d, where.data, v, axis)
            return d
        if x.exact:
            result = exact(put(x.data, values.data), x.signs and values.signs)
        else:
            err = put(x.err, values.err)
            result = approximate(x.scalar, put(x.wide, values.wide), err, err)
    else:
        need(x.scalar != "bool")
        positions = list(np.indices(shape))
        positions[axis] = where.data
        def add(d, v):
            d = d.copy()
            np.add.at(d, tuple(positions), v)
            return d
        with np.errstate(all="ignore"):
            if not x.is_float:
                result = exact(add(x.data, values.data))
            else:
                need(x.is_finite and values.is_finite)
                magnitude = add(abs(x.wide), abs(values.wide))
                need((magnitude < np.finfo(x.scalar).max / 2).all())
                unit = np.longdouble(np.finfo(x.scalar).eps)
                err = x.err + magnitude * unit * (shape[axis] + 1)
                result = approximate(x.scalar, add(x.wide, values.wide), err, x.err)
    p.emit(name, [x, values, where], [result], axis=axis)


ALL = [
    (4, leaf), (2, created), (5, redistributed), (1, stored), (4, reshaped), (3, permuted), (2, expanded),
    (2, flipped), (2, rolled), (2, repeated), (2, padded), (4, concatenated), (2, stacked),
    (3, split), (2, matrices), (2, diff), (1, non_zero), (10, indexed), (9, assigned), (4, taking)]
