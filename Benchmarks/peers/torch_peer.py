"""PyTorch on CPUs, in eager mode, and without gradients but for training. Ranks are those of gloo."""

import os
import sys

import peer
import jobs

try:
    import torch
except ImportError as error:
    sys.exit(str(error))

torch.set_num_threads(peer.THREADS)
torch.set_grad_enabled(False)
torch.manual_seed(7)


def gather(own):
    gathered = [None] * peer.RANKS
    torch.distributed.all_gather_object(gathered, own)
    return gathered


if peer.RANKS > 1:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{os.environ['PEER_MEETING']}", rank=peer.RANK, world_size=peer.RANKS
    )


def train(rows):
    """A step of training, whose gradients DistributedDataParallel averages over the ranks."""
    layers = []
    for index, weight in enumerate(peer.weights()):
        if index > 0:
            layers.append(torch.nn.ReLU())
        linear = torch.nn.Linear(*weight.shape)
        linear.weight.copy_(torch.from_numpy(weight).T)
        layers.append(linear)
    model = torch.nn.Sequential(*layers)
    if peer.RANKS > 1:
        model = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    images, labels = map(torch.from_numpy, peer.batch(rows))

    def step():
        with torch.enable_grad():
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    return step


def optimize(make):
    """A step of an optimizer alone, of one parameter and a gradient that stays."""

    def prepare(size):
        parameter, gradient = (torch.from_numpy(array) for array in peer.vectors(size))
        parameter = torch.nn.Parameter(parameter)
        parameter.grad = gradient
        return make([parameter]).step

    return prepare


def all_reduce(size):
    if peer.RANKS == 1:
        return None
    terms = torch.ones(size)
    return lambda: torch.distributed.all_reduce(terms)


# Of one rank: those of several know nothing of each other.
STATEMENTS = {
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
}

peer.serve_statements(
    STATEMENTS if peer.RANKS == 1 else {},
    {"torch": torch},
    convert=torch.from_numpy,
    functions={
        "training/step": train,
        "training/sgd": optimize(lambda parameters: torch.optim.SGD(parameters, lr=1 / 512, fused=True)),
        "training/adam": optimize(lambda parameters: torch.optim.Adam(parameters, lr=1 / 256, eps=0.5, fused=True)),
        "collectives/all-reduce": all_reduce,
        **(jobs.functions("torch", torch.from_numpy) if peer.RANKS == 1 else {}),
    },
    gather=gather if peer.RANKS > 1 else None,
)
