"""The game of life on a torus."""

import numpy as np

from . import case
from .shared.noise import integers


def _step(cells, roll):
    columns = cells + roll(cells, 1, 0) + roll(cells, -1, 0)
    around = columns + roll(columns, 1, 1) + roll(columns, -1, 1) - cells
    return (around == 3) | ((around == 2) & (cells == 1))


@case("jobs/life")
class Life:
    def operands(size):
        return {"start": integers(25, size * size, 2).astype(np.int8).reshape(size, size)}

    def numpy(start):
        def call():
            cells = start
            for _ in range(10):
                cells = _step(cells, np.roll).view(np.int8)
            return cells

        return call

    def torch(start):
        import torch

        def call():
            cells = start
            for _ in range(10):
                cells = _step(cells, torch.roll).view(torch.int8)
            return cells

        return call

    def jax(start):
        import jax.numpy as jnp
        from jax import lax

        step = lambda _, cells: _step(cells, jnp.roll).astype(jnp.int8)
        return lambda start: lax.fori_loop(0, 10, step, start), [start]
