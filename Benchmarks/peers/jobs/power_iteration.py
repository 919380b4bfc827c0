"""Power iteration."""

import numpy as np

from . import case
from .shared.noise import normal


@case("jobs/power-iteration")
class PowerIteration:
    def operands(size):
        return {"a": normal(19, size, size), "vector": np.ones(size)}

    def numpy(a, vector):
        def call():
            own = vector
            for _ in range(20):
                own = a @ own
                norm = np.linalg.norm(own)
                own = own / norm
            return norm, own

        return call

    def torch(a, vector):
        def call():
            own = vector
            for _ in range(20):
                own = a @ own
                norm = own.norm()
                own = own / norm
            return norm, own

        return call

    def jax(a, vector):
        import jax.numpy as jnp

        def iterate(a, vector):
            for _ in range(20):
                vector = a @ vector
                norm = jnp.linalg.norm(vector)
                vector = vector / norm
            return norm, vector

        return iterate, [a, vector]
