"""Exponential smoothing."""

from . import case
from .shared.noise import uniform


@case("jobs/smoothing")
class Smoothing:
    def operands(size):
        return {"x": uniform(1, size)}

    def numpy(x):
        from scipy.signal import lfilter

        return lambda: lfilter([0.1], [1, -0.9], x)

    def jax(x):
        import jax.numpy as jnp
        from jax import lax

        def smooth(x):
            join = lambda a, b: (a[0] * b[0], a[1] * b[0] + b[1])
            return lax.associative_scan(join, (jnp.full_like(x, 0.9), 0.1 * x))[1]

        return smooth, [x]
