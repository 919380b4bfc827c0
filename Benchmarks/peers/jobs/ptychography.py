"""An object is found from the amplitudes behind it, for a beam that is moved over it.

Complex numbers are pairs and Fourier transforms are products, as Tessera has no others.
"""

import numpy as np

from . import case
from .shared.fourier import fourier
from .shared.noise import uniform

SIDE, EXTENT, RATE, LEAST = 64, 120, 0.1, 1e-6


def product(a, b):
    """Of complex matrices, as pairs of real ones."""
    return a[0] @ b[0] - a[1] @ b[1], a[0] @ b[1] + a[1] @ b[0]


def far(re, im, rows, columns, probe, matrix):
    """The waves that come from what lies under the beam."""
    wave = re[rows, columns] * probe, im[rows, columns] * probe
    return product(product(matrix, wave), matrix)


@case("jobs/ptychography")
class Ptychography:
    def operands(size):
        starts = np.arange(0, EXTENT - SIDE + 1, SIDE // 8)
        inside = np.arange(SIDE)
        row, column = (start.ravel() for start in np.meshgrid(starts, starts, indexing="ij"))
        rows, columns = row[:, None, None] + inside[:, None], column[:, None, None] + inside
        distance = (inside - SIDE // 2) ** 2
        probe = np.exp(-(distance[:, None] + distance) / 200)
        cosines, sines = fourier(SIDE)
        phases = uniform(32, EXTENT, EXTENT)
        re, im = far(np.cos(phases), np.sin(phases), rows, columns, probe, (cosines, sines))
        measured = np.hypot(re, im)
        return dict(
            rows=rows, columns=columns, measured=measured, probe=probe, cosines=cosines, sines=sines, steps=size
        )

    def numpy(rows, columns, measured, probe, cosines, sines, steps):
        matrix, conjugate = (cosines, sines), (cosines, -sines)
        places = (rows * EXTENT + columns).ravel()

        def spread(values):
            return np.bincount(places, (values * probe).ravel(), EXTENT * EXTENT).reshape(EXTENT, EXTENT)

        def call():
            re, im = np.ones((EXTENT, EXTENT)), np.zeros((EXTENT, EXTENT))
            for _ in range(steps):
                a, b = far(re, im, rows, columns, probe, matrix)
                amplitude = np.sqrt(a * a + b * b + LEAST)
                factor = 2 * (amplitude - measured) / amplitude
                back = product(product(conjugate, (a * factor, b * factor)), conjugate)
                re -= RATE * spread(back[0])
                im -= RATE * spread(back[1])
            return re, im

        return call

    def torch(rows, columns, measured, probe, cosines, sines, steps):
        import torch

        def call():
            with torch.enable_grad():
                re = torch.ones(EXTENT, EXTENT, dtype=torch.float64, requires_grad=True)
                im = torch.zeros(EXTENT, EXTENT, dtype=torch.float64, requires_grad=True)
                optimizer = torch.optim.SGD([re, im], lr=RATE)
                for _ in range(steps):
                    optimizer.zero_grad()
                    a, b = far(re, im, rows, columns, probe, (cosines, sines))
                    (torch.sqrt(a * a + b * b + LEAST) - measured).square().sum().backward()
                    optimizer.step()
            return re.detach(), im.detach()

        return call

    def jax(rows, columns, measured, probe, cosines, sines, steps):
        import jax
        import jax.numpy as jnp
        from jax import lax

        def loss(parts, rows, columns, measured, probe, cosines, sines):
            a, b = far(*parts, rows, columns, probe, (cosines, sines))
            return jnp.square(jnp.sqrt(a * a + b * b + LEAST) - measured).sum()

        def descend(*operands):
            def step(_, parts):
                return jax.tree.map(lambda p, g: p - RATE * g, parts, jax.grad(loss)(parts, *operands))

            return lax.fori_loop(0, steps, step, (jnp.ones((EXTENT, EXTENT)), jnp.zeros((EXTENT, EXTENT))))

        return descend, [rows, columns, measured, probe, cosines, sines]
