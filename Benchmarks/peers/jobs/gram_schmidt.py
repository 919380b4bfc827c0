"""Gram–Schmidt, as Tessera's case does it."""

import numpy as np

from . import case
from .shared.noise import normal


@case("jobs/gram-schmidt")
class GramSchmidt:
    def operands(size):
        return {"a": normal(11, size, 100)}

    def numpy(a):
        def call():
            q = a.copy()
            for column in range(100):
                q[:, column] /= np.linalg.norm(q[:, column])
                unit, rest = q[:, column], q[:, column + 1 :]
                rest -= np.outer(unit, unit @ rest)
            return q

        return call

    def torch(a):
        def call():
            q = a.clone()
            for column in range(100):
                q[:, column] /= q[:, column].norm()
                unit, rest = q[:, column], q[:, column + 1 :]
                rest.addr_(unit, unit @ rest, alpha=-1)
            return q

        return call

    def jax(a):
        import jax.numpy as jnp
        from jax import lax

        def step(column, q):
            unit = q[:, column] / jnp.linalg.norm(q[:, column])
            along = jnp.where(jnp.arange(100) > column, unit @ q, 0)
            return (q - jnp.outer(unit, along)).at[:, column].set(unit)

        return lambda a: lax.fori_loop(0, 100, step, a), [a]
