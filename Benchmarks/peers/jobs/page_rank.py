"""PageRank, with the links as a sparse matrix where a library has them."""

import numpy as np

from . import case
from .shared.noise import integers


@case("jobs/page-rank")
class PageRank:
    def operands(size):
        sources, targets = (integers(seed, 10 * size, size) for seed in (17, 18))
        degrees = np.maximum(np.bincount(sources, minlength=size), 1).astype(float)
        return {"sources": sources, "targets": targets, "degrees": degrees}

    def numpy(sources, targets, degrees):
        from scipy.sparse import csr_matrix

        pages = len(degrees)
        links = csr_matrix((0.85 / degrees[sources], (targets, sources)), (pages, pages))

        def call():
            rank = np.full(pages, 1 / pages)
            for _ in range(10):
                rank = 0.15 / pages + links @ rank
            return rank * pages

        return call

    def torch(sources, targets, degrees):
        import torch

        pages = len(degrees)
        places = torch.stack([targets, sources])
        links = torch.sparse_coo_tensor(places, 0.85 / degrees[sources], (pages, pages)).to_sparse_csr()

        def call():
            rank = torch.full((pages,), 1 / pages, dtype=torch.float64)
            for _ in range(10):
                rank = 0.15 / pages + links @ rank
            return rank * pages

        return call

    def jax(sources, targets, degrees):
        import jax.numpy as jnp
        from jax import lax
        from jax.ops import segment_sum

        pages = len(degrees)

        def iterate(sources, targets, degrees):
            def step(_, rank):
                return 0.15 / pages + 0.85 * segment_sum((rank / degrees)[sources], targets, pages)

            return lax.fori_loop(0, 10, step, jnp.full(pages, 1 / pages)) * pages

        return iterate, [sources, targets, degrees]
