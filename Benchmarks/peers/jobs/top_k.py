"""The largest numbers, and where they are."""

import numpy as np

from . import case
from .shared.noise import uniform


@case("jobs/top-k")
class TopK:
    def operands(size):
        return {"x": uniform(1, size)}

    def numpy(x):
        def call():
            found = np.argpartition(x, -100)[-100:]
            found = found[np.argsort(-x[found])]
            return x[found], found

        return call

    def torch(x):
        return lambda: x.topk(100)

    def jax(x):
        from jax import lax

        return lambda x: lax.top_k(x, 100), [x]
