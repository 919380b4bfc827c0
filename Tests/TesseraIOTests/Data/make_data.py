#!/usr/bin/env python3
"""Writes the .npy files beside it, as NumPy does: the oracle of NumPyFileTests.

    python3 make_data.py

Made with NumPy 2.4.6. The tests know the values by the same rules.
"""

import os

import numpy as np

folder = os.path.dirname(os.path.abspath(__file__))


def save(name, array, version=None):
    with open(os.path.join(folder, name + ".npy"), "wb") as file:
        np.lib.format.write_array(file, array, version=version)


def values(dtype):
    """Six values of a type, at its limits where it has some."""
    kind = dtype.kind
    if kind == "b":
        return [[True, False, True], [False, False, True]]
    if kind in "iu":
        limits = np.iinfo(dtype)
        return [[limits.min, 1, 2], [3, 77, limits.max]]
    if kind == "f":
        return [[-np.inf, -1.5, -0.0], [0.1, np.finfo(dtype).max, np.nan]]
    return [[1 - 2j, -0.5j, 3], [4, 5, 6 + 7j]]


# Every number that NumPy has on every machine: as it lies, and with everything the other way round.
for code in "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split():
    array = np.array(values(np.dtype(code)), dtype="<" + code)
    save(code, array)
    save(code + "-big-fortran", np.asfortranarray(array.astype(">" + code)))

# Shapes.
save("scalar", np.array(3.5, dtype="<f8"))
save("one", np.array([7], dtype="<i4"))
save("empty", np.zeros((0, 3), dtype="<f4"))
save("empty-big-fortran", np.zeros((2, 0, 3), dtype=">f8", order="F"))
save("cube", np.arange(24, dtype="<i4").reshape(2, 3, 4))
save("cube-big-fortran", np.asfortranarray(np.arange(24, dtype=">i4").reshape(2, 3, 4)))
save("many-axes", np.arange(2, dtype="u1").reshape((1,) * 31 + (2,) + (1,) * 32))

# Versions of the format.
save("version-2", np.arange(5, dtype="<i8"), version=(2, 0))
save("version-3", np.arange(5, dtype="<i8"), version=(3, 0))

# What no tensor can hold.
save("structured", np.zeros(2, dtype=[("a", "<i4"), ("b", "<f4")]))
save("structured-unicode", np.zeros(2, dtype=[("ä", "<i4")]), version=(3, 0))
save("text", np.array(["one", "two"]))
save("bytes", np.array([b"one", b"two"]))
save("date", np.array(["2000-01-01"], dtype="<M8[D]"))
save("object", np.array([None, {}], dtype=object))
