"""Numbers under masks."""

import numpy as np

from . import case
from .noise import uniform


@case("jobs/masked")
class Masked:
    def operands(size):
        return {"x": uniform(1, size)}

    def numpy(x):
        return lambda: x[x > 0.5]

    def torch(x):
        return lambda: x[x > 0.5]


@case("jobs/select")
class Select:
    def operands(size):
        return {"x": uniform(1, size), "y": uniform(26, size)}

    def numpy(x, y):
        return lambda: np.where(x > 0.5, x, -y)

    def torch(x, y):
        import torch

        return lambda: torch.where(x > 0.5, x, -y)

    def jax(x, y):
        import jax.numpy as jnp

        return lambda x, y: jnp.where(x > 0.5, x, -y), [x, y]


@case("jobs/scan")
class Scan:
    def operands(size):
        row, column = np.mgrid[-32:32, -32:32]
        square = row**2 + column**2
        mask = ((square >= 100) & (square <= 400)).astype(np.float32)
        return {"x": uniform(27, size, size, 64, 64, dtype=np.float32), "mask": mask}

    def numpy(x, mask):
        return lambda: np.tensordot(x, mask, 2)

    def torch(x, mask):
        import torch

        return lambda: torch.tensordot(x, mask, 2)

    def jax(x, mask):
        import jax.numpy as jnp

        return lambda x, mask: jnp.tensordot(x, mask, 2), [x, mask]
