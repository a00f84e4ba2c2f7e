"""JAX's side of gpu_bench.py: each step is one jitted function that owns its state."""

import jax
from jax import lax
from jax import numpy as jnp

NHWC = ("NHWC", "HWIO", "NHWC")


def start(suite):
    """Chooses the device; why there is none, or None."""
    jax.config.update("jax_platforms", "cuda" if suite.on_gpu else "cpu")
    jax.config.update("jax_default_matmul_precision",
                      "tensorfloat32" if suite.tf32 else "float32")
    try:
        suite.device = jax.devices()[0].device_kind
    except Exception:  # Of a kind of its own where it has no plugin for GPUs.
        return "sees no GPU"
    return None


def run(suite):
    s = suite.sizes
    cases = {
        "step_latency_gpu_mlp_b128_sgd": mlp_step,
        "step_latency_gpu_deepnn_b50_adam": deepnn_step,
        "step_latency_gpu_resnet50_b1": resnet_infer_step,
        "resnet50_train_gpu_b256_bf16": resnet_train_step,
        "pointwise_opt_gpu_chain": chain_step,
        "pointwise_opt_gpu_adam": adam_step,
    }
    for case, make in cases.items():
        suite.run("jax", case, lambda: make(s))


def stepping(update, state, *inputs):
    """Calls that replace the state, which they may overwrite."""
    jitted, kept = jax.jit(update, donate_argnums=0), [state]

    def step():
        kept[0] = jitted(kept[0], *inputs)
        jax.block_until_ready(kept[0])
    return step


class Draws:
    def __init__(self):
        self._key = jax.random.key(0)

    def _next(self):
        self._key, key = jax.random.split(self._key)
        return key

    def normal(self, *shape, stddev=0.05):
        return jax.random.normal(self._next(), shape) * stddev

    def uniform(self, *shape, dtype=jnp.float32):
        return jax.random.uniform(self._next(), shape, dtype)

    def classes(self, batch, n):
        return jax.random.randint(self._next(), (batch,), 0, n)


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1))


def adam(parameters, gradients, m, v, t, rate):
    m = jax.tree.map(lambda m, g: .9 * m + .1 * g, m, gradients)
    v = jax.tree.map(lambda v, g: .999 * v + .001 * g * g, v, gradients)
    rate = rate * jnp.sqrt(1 - .999 ** t) / (1 - .9 ** t)
    new = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), parameters, m, v)
    return new, m, v, t + 1


def adam_state(parameters):
    zeros = lambda: jax.tree.map(jnp.zeros_like, parameters)
    return parameters, zeros(), zeros(), jnp.float32(1)


def mlp_step(s):
    draws = Draws()
    parameters = [(draws.normal(a, b), jnp.zeros(b)) for a, b in zip(s.mlp, s.mlp[1:])]

    def loss(parameters, x, labels):
        for w, b in parameters[:-1]:
            x = jax.nn.relu(x @ w + b)
        w, b = parameters[-1]
        return cross_entropy(x @ w + b, labels)

    def update(parameters, x, labels):
        gradients = jax.grad(loss)(parameters, x, labels)
        return jax.tree.map(lambda p, g: p - 1e-3 * g, parameters, gradients)
    return stepping(update, parameters, draws.uniform(s.mlp_batch, s.mlp[0]),
                    draws.classes(s.mlp_batch, s.mlp[-1]))


def max_pool(x, size):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, size, size, 1), (1, 2, 2, 1), "SAME")


def deepnn_step(s):
    draws = Draws()
    shapes = ((5, 5, 1, 32), (5, 5, 32, 64), (3136, 1024), (1024, 10))
    parameters = [(draws.normal(*shape), jnp.full(shape[-1], 0.1)) for shape in shapes]

    def loss(parameters, key, x, labels):
        for w, b in parameters[:2]:
            x = lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=NHWC)
            x = max_pool(jax.nn.relu(x + b), 2)
        (w1, b1), (w2, b2) = parameters[2:]
        x = jax.nn.relu(x.reshape(x.shape[0], -1) @ w1 + b1)
        x = jnp.where(jax.random.bernoulli(key, .5, x.shape), x / .5, 0)
        return cross_entropy(x @ w2 + b2, labels)

    def update(state, x, labels):
        key, use = jax.random.split(state[0])
        gradients = jax.grad(loss)(state[1], use, x, labels)
        return (key, *adam(state[1], gradients, *state[2:], 1e-4))
    return stepping(update, (jax.random.key(1), *adam_state(parameters)),
                    draws.uniform(s.deepnn_batch, 28, 28, 1), draws.classes(s.deepnn_batch, 10))


class ResNet:
    """Parameters and moving averages are lists, in the order in which the layers use them."""

    def __init__(self, s):
        self._s = s

    def make(self, draws):
        self._draws, self._parameters, self._averages = draws, [], []
        x = jax.ShapeDtypeStruct((1, self._s.pixels, self._s.pixels, 3), jnp.float32)
        jax.eval_shape(lambda x: self._network(x, self._new_layer), x)
        channels = self._s.channels << (len(self._s.blocks) - 1)
        with jax.ensure_compile_time_eval():
            dense = draws.normal(4 * channels, 1000, stddev=0.01), jnp.zeros(1000)
        return self._parameters + [dense], self._averages

    def apply(self, parameters, averages, x, training):
        layers, updated = iter(zip(parameters, averages)), []

        def layer(x, size, stride, channels):
            (w, scale, offset), (mean, variance) = next(layers)
            y = lax.conv_general_dilated(x, w.astype(x.dtype), (stride, stride),
                                         [(size // 2, size // 2)] * 2, dimension_numbers=NHWC)
            z = y.astype(jnp.float32)
            if training:
                mean, variance = jnp.mean(z, (0, 1, 2)), jnp.var(z, (0, 1, 2))
            updated.append((mean, variance))
            return ((z - mean) * (lax.rsqrt(variance + 1e-5) * scale) + offset).astype(x.dtype)
        x = self._network(x, layer)
        w, b = parameters[-1]
        moving = jax.tree.map(lambda old, new: .9 * old + .1 * new, averages, updated)
        return (jnp.mean(x, (1, 2)) @ w.astype(x.dtype)).astype(jnp.float32) + b, moving

    def _new_layer(self, x, size, stride, channels):
        inputs = x.shape[3]
        with jax.ensure_compile_time_eval():
            w = self._draws.normal(size, size, inputs, channels,
                                   stddev=(2 / (size * size * inputs)) ** .5)
            self._parameters.append((w, jnp.ones(channels), jnp.zeros(channels)))
            self._averages.append((jnp.zeros(channels), jnp.ones(channels)))
        extent = (x.shape[1] + stride - 1) // stride
        return jnp.zeros((x.shape[0], extent, extent, channels), x.dtype)

    def _network(self, x, layer):
        x = max_pool(jax.nn.relu(layer(x, 7, 2, self._s.channels)), 3)
        for stage, blocks in enumerate(self._s.blocks):
            for block in range(blocks):
                x = self._block(x, layer, 2 if stage > 0 and block == 0 else 1,
                                self._s.channels << stage)
        return x

    @staticmethod
    def _block(x, layer, stride, channels):
        y = jax.nn.relu(layer(x, 1, 1, channels))
        y = jax.nn.relu(layer(y, 3, stride, channels))
        y = layer(y, 1, 1, 4 * channels)
        same = stride == 1 and x.shape[3] == 4 * channels
        return jax.nn.relu(y + (x if same else layer(x, 1, stride, 4 * channels)))


def resnet_infer_step(s):
    draws, net = Draws(), ResNet(s)
    parameters, averages = net.make(draws)
    x = draws.uniform(s.infer_batch, s.pixels, s.pixels, 3)
    forward = jax.jit(lambda p, a, x: net.apply(p, a, x, False)[0])
    return lambda: jax.block_until_ready(forward(parameters, averages, x))


def resnet_train_step(s):
    draws, net = Draws(), ResNet(s)
    parameters, averages = net.make(draws)

    def loss(parameters, averages, x, labels):
        logits, averages = net.apply(parameters, averages, x, True)
        return cross_entropy(logits, labels), averages

    def update(state, x, labels):
        parameters, momenta, averages = state
        gradients, averages = jax.grad(loss, has_aux=True)(parameters, averages, x, labels)
        momenta = jax.tree.map(lambda m, g: .9 * m + g, momenta, gradients)
        return jax.tree.map(lambda p, m: p - .01 * m, parameters, momenta), momenta, averages
    state = parameters, jax.tree.map(jnp.zeros_like, parameters), averages
    x = draws.uniform(s.train_batch, s.pixels, s.pixels, 3, dtype=jnp.bfloat16)
    return stepping(update, state, x, draws.classes(s.train_batch, 1000))


def chain_step(s):
    def chain(x):
        y = jax.nn.relu(x * 1.5 + 0.5) * x
        y = jnp.tanh(y - 0.25) * 0.5 + x
        return jnp.minimum(jnp.maximum(y, -0.75), 0.75)
    x, forward = Draws().uniform(s.chain_elements) * 2 - 1, jax.jit(chain)
    return lambda: jax.block_until_ready(forward(x))


def adam_step(s):
    draws = Draws()
    parameters = [draws.normal(s.adam_elements) for _ in range(s.adam_tensors)]
    gradients = [draws.normal(s.adam_elements, stddev=0.01) for _ in range(s.adam_tensors)]
    return stepping(lambda state, gradients: adam(state[0], gradients, *state[1:], 1e-3),
                    adam_state(parameters), gradients)
