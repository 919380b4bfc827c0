"""The heat equation by slices."""

from . import case
from .shared.noise import uniform


def _rate(u):
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    return 0.1 * (around - 4 * u[1:-1, 1:-1])


@case("jobs/heat")
class Heat:
    def operands(size):
        return {"start": uniform(12, size, size)}

    def numpy(start):
        def call():
            u = start.copy()
            for _ in range(10):
                u[1:-1, 1:-1] += _rate(u)
            return u

        return call

    def torch(start):
        def call():
            u = start.clone()
            for _ in range(10):
                u[1:-1, 1:-1] += _rate(u)
            return u

        return call

    def jax(start):
        from jax import lax

        step = lambda _, u: u.at[1:-1, 1:-1].add(_rate(u))
        return lambda start: lax.fori_loop(0, 10, step, start), [start]
