"""JAX on CPUs: each case a compiled function, waited for."""

import inspect
import sys
from timeit import Timer

import peer
import jobs

try:
    import jax
    import jax.numpy as jnp
except ImportError as error:
    sys.exit(str(error))

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)

KEY = jax.random.key(7)

# The names of parameters are those of the operands. It cannot write into an array that is there, except into an
# operand that it is given away.
CASES = {
    "elementwise/add": lambda x, y: x + y,
    "elementwise/add-in-place": lambda x, y: x + y,
    "elementwise/broadcast": lambda column, row: column + row,
    "elementwise/exp": lambda x: jnp.exp(x),
    "elementwise/chain": lambda x, y: x * y + 2 * x - jnp.tanh(y),
    "reduction/sum": lambda x: x.sum(),
    "reduction/sum-axis-0": lambda x: x.sum(axis=0),
    "reduction/sum-axis-1": lambda x: x.sum(axis=1),
    "reduction/max": lambda x: x.max(),
    "shape/transposed-copy": lambda x: x.T.copy(),
    "shape/concatenate-0": lambda x, y: jnp.concatenate([x, y], axis=0),
    "shape/concatenate-1": lambda x, y: jnp.concatenate([x, y], axis=1),
    "matmul/float32": lambda x, y: x @ y,
    "matmul/float64": lambda x, y: x @ y,
    "random/rand": lambda rows, columns: jax.random.uniform(KEY, (rows, columns), jnp.float32),
    "random/randn": lambda rows, columns: jax.random.normal(KEY, (rows, columns), jnp.float32),
    "overhead/add": lambda x, y: x + y,
}


def entropy(parameters, images, labels):
    outputs = images
    for index, (weight, bias) in enumerate(parameters):
        outputs = (jax.nn.relu(outputs) if index else outputs) @ weight + bias
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs), labels[:, None], axis=1).mean()


def descend(parameters, gradients, rate):
    return jax.tree.map(lambda p, g: p - jnp.float32(rate) * g, parameters, gradients)


def adam(state, gradient):
    parameter, mean, square, number = state
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient * gradient
    corrected = (mean / (1 - 0.9**number), square / (1 - 0.999**number))
    parameter = parameter - corrected[0] / 256 / (jnp.sqrt(corrected[1]) + 0.5)
    return parameter, mean, square, number + 1


def train(case, size):
    """Calls that change what they are given away, in place where JAX can."""
    if case == "training/step":
        images, labels = map(jnp.asarray, peer.batch(size))
        state = [(jnp.asarray(weight), jnp.zeros(weight.shape[1], jnp.float32)) for weight in peer.weights()]
        step = lambda state: descend(state, jax.grad(entropy)(state, images, labels), 0.01)
    else:
        state, gradient = map(jnp.asarray, peer.vectors(size))
        if case == "training/sgd":
            step = lambda state: descend(state, gradient, 1 / 512)
        else:
            state = (state, jnp.zeros_like(state), jnp.zeros_like(state), jnp.float32(1))
            step = lambda state: adam(state, gradient)
    function = jax.jit(step, donate_argnums=0)
    statement = "state[0] = jax.block_until_ready(function(state[0]))"
    return Timer(statement, globals={"jax": jax, "function": function, "state": [state]}).timeit


def work(case, size):
    """Calls of a job."""
    made = jobs.make("jax", case, size, jnp.asarray)
    if made is None:
        return None
    function, arrays = jax.jit(made[0]), made[1]
    return Timer(lambda: jax.block_until_ready(function(*arrays))).timeit


def prepare(case, size):
    if case in ("training/step", "training/sgd", "training/adam"):
        return train(case, size)
    if case.startswith("jobs/"):
        return work(case, size)
    if case not in CASES:
        return None
    names = list(inspect.signature(CASES[case]).parameters)
    arrays = {name: jnp.asarray(array) for name, array in peer.operands(names, case, size).items()}
    if case == "elementwise/add-in-place":
        add = jax.jit(CASES[case], donate_argnums=0)
        statement = "arrays[0] = add(arrays[0], y); arrays[0].block_until_ready()"
        return Timer(statement, globals={"add": add, "arrays": [arrays.pop("x")], **arrays}).timeit
    if arrays:
        function = jax.jit(CASES[case])
        statement = f"function({', '.join(names)}).block_until_ready()"
        return Timer(statement, globals={"function": function, **arrays}).timeit
    rows, columns = peer.shape(case, size)
    function = jax.jit(lambda: CASES[case](rows, columns))
    return Timer("function().block_until_ready()", globals={"function": function}).timeit


peer.serve(prepare)
