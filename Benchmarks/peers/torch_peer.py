"""PyTorch on CPUs, in eager mode without gradients."""

import sys

import peer

try:
    import torch
except ImportError as error:
    sys.exit(str(error))

torch.set_num_threads(peer.THREADS)
torch.set_grad_enabled(False)
torch.manual_seed(7)

peer.serve_statements(
    {
        "elementwise/add": "x + y",
        "elementwise/add-in-place": "x.add_(y)",
        "elementwise/add-into": "torch.add(x, y, out=z)",
        "elementwise/broadcast": "column + row",
        "elementwise/exp": "torch.exp(x)",
        "elementwise/chain": "x * y + 2 * x - torch.tanh(y)",
        "reduction/sum": "x.sum()",
        "reduction/sum-axis-0": "x.sum(0)",
        "reduction/sum-axis-1": "x.sum(1)",
        "reduction/max": "x.max()",
        "shape/transposed-copy": "z.copy_(x.T)",
        "shape/concatenate-0": "torch.cat([x, y], 0)",
        "shape/concatenate-1": "torch.cat([x, y], 1)",
        "matmul/float32": "x @ y",
        "matmul/float64": "x @ y",
        "random/rand": "torch.rand(rows, columns)",
        "random/randn": "torch.randn(rows, columns)",
        "overhead/add": "x + y",
    },
    {"torch": torch},
    convert=torch.from_numpy,
)
