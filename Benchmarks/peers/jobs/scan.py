"""Pictures summed under a mask."""

import numpy as np

from . import case
from .shared.noise import uniform


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
