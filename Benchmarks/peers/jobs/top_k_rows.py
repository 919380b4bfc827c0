"""The largest numbers of rows, and where they are."""

import numpy as np

from . import case
from .shared.noise import uniform


@case("jobs/top-k-rows")
class TopKRows:
    def operands(size):
        return {"x": uniform(2, size, size, dtype=np.float32)}

    def numpy(x):
        def call():
            found = np.argpartition(x, -11, axis=1)[:, -11:]
            order = np.argsort(-np.take_along_axis(x, found, axis=1), axis=1)
            found = np.take_along_axis(found, order, axis=1)
            return np.take_along_axis(x, found, axis=1), found

        return call

    def torch(x):
        return lambda: x.topk(11, dim=1)

    def jax(x):
        from jax import lax

        return lambda x: lax.top_k(x, 11), [x]
