"""The nearest points."""

import numpy as np

from . import case
from .shared.noise import normal


def _squares(q, p):
    return (q * q).sum(1)[:, None] + (p * p).sum(1) - 2 * (q @ p.T)


@case("jobs/nearest-neighbours")
class NearestNeighbours:
    def operands(size):
        return {"q": normal(21, size // 10, 16), "p": normal(22, size, 16)}

    def numpy(q, p):
        def call():
            squares = _squares(q, p)
            found = np.argpartition(squares, 10, axis=1)[:, :10]
            order = np.argsort(np.take_along_axis(squares, found, axis=1), axis=1)
            found = np.take_along_axis(found, order, axis=1)
            return np.take_along_axis(squares, found, axis=1), found

        return call

    def torch(q, p):
        return lambda: _squares(q, p).topk(10, dim=1, largest=False)

    def jax(q, p):
        from jax import lax

        def nearest(q, p):
            values, found = lax.top_k(-_squares(q, p), 10)
            return -values, found

        return nearest, [q, p]
