"""The cases of tests/interop/run: each exchanges something between Weir and TensorFlow."""

import argparse
import sys
import tempfile
import traceback

import numpy as np
import tensorflow as tf

from exchange import (Weir, expect_close, expect_same_bits, imported, tf1, write_graph,
                      write_idx)

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


# --- Checkpoints of every type ---

_TYPES = [
    tf.float32, tf.float64, tf.half, tf.bfloat16, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8,
    tf.uint16, tf.uint32, tf.uint64, tf.bool, tf.complex64, tf.complex128, tf.qint8, tf.quint8,
    tf.qint16, tf.quint16, tf.qint32,
]
_SHAPES = [(), (3,), (2, 3), (0, 4)]


def _values():
    """Name -> (type, array), of every type and several shapes."""
    random = np.random.RandomState(1)
    values = {}
    for dtype in _TYPES:
        for shape in _SHAPES:
            array = np.asarray(random.randint(0, 2 if dtype == tf.bool else 100, shape))
            name = f"{dtype.name}/rank{len(shape)}_{'x'.join(map(str, shape))}"
            values[name] = (dtype, array)
    values["string/scalar"] = (tf.string, np.array(b"text \xff", object))
    values["string/vector"] = (tf.string, np.array([b"", b"a", b"x" * 1000], object))
    return values


def _constant(dtype, array):
    """A constant of the type; quantised types have no array of their own."""
    if not dtype.is_quantized:
        return tf.constant(array if dtype == tf.string else array.astype(dtype.as_numpy_dtype))
    stored = {1: np.int8, 2: np.int16, 4: np.int32}[dtype.size]
    return tf.bitcast(tf.constant(array.astype(stored)), dtype)


def _save_graph(values, slices=None):
    """A graph whose operation "save" writes the values to the prefix that "prefix" is fed."""
    graph = tf1.Graph()
    with graph.as_default():
        tensors = [_constant(*value) for value in values.values()]
        prefix = tf1.placeholder(tf.string, [], name="prefix")
        tf1.raw_ops.SaveV2(prefix=prefix, tensor_names=list(values),
                           shape_and_slices=slices or [""] * len(values), tensors=tensors,
                           name="save")
    return graph


def _restore_graph(values):
    """A graph that restores them as "n0", "n1", ...; quantised ones as the integers inside."""
    graph = tf1.Graph()
    with graph.as_default():
        prefix = tf1.placeholder(tf.string, [], name="prefix")
        restored = tf1.raw_ops.RestoreV2(prefix=prefix, tensor_names=list(values),
                                         shape_and_slices=[""] * len(values),
                                         dtypes=[dtype for dtype, _ in values.values()])
        for number, tensor in enumerate(restored):
            if tensor.dtype.is_quantized:
                stored = {1: tf.int8, 2: tf.int16, 4: tf.int32}[tensor.dtype.size]
                tensor = tf.bitcast(tensor, stored)
            tf.identity(tensor, name=f"n{number}")
    return graph


def _in_tensorflow(graph, prefix, values):
    with tf1.Session(graph=graph) as session:
        return session.run([f"n{i}:0" for i in range(len(values))], {"prefix:0": prefix})


def _expect_values(arrays, values):
    for (name, (dtype, want)), got in zip(values.items(), arrays):
        if dtype == tf.string:
            if [bytes(s) for s in np.ravel(got)] != [bytes(s) for s in np.ravel(want)]:
                raise AssertionError(f"{name}: {got!r} instead of {want!r}")
            continue
        stored = {1: np.int8, 2: np.int16, 4: np.int32}.get(dtype.size)
        want = want.astype(stored if dtype.is_quantized else dtype.as_numpy_dtype)
        expect_same_bits(got, want, name)


@case
def checkpoint_of_every_type_from_weir(weir):
    values = _values()
    model = write_graph(_save_graph(values), weir.path("save.pb"))
    prefix = weir.path("all")
    weir.run_graph(model, "--allow_dir", weir.folder, feeds={"prefix": prefix}, targets=["save"])
    reader = tf1.train.load_checkpoint(prefix)
    shapes = {name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()}
    assert shapes == {name: array.shape for name, (_, array) in values.items()}, shapes
    types = reader.get_variable_to_dtype_map()
    assert types == {name: dtype for name, (dtype, _) in values.items()}, types
    _expect_values(_in_tensorflow(_restore_graph(values), prefix, values), values)


@case
def checkpoint_of_every_type_from_tensorflow(weir):
    values = _values()
    prefix = weir.path("all")
    with tf1.Session(graph=_save_graph(values)) as session:
        session.run("save", {"prefix:0": prefix})
    model = write_graph(_restore_graph(values), weir.path("restore.pb"))
    fetched = weir.run_graph(model, "--allow_dir", weir.folder, feeds={"prefix": prefix},
                             fetches=[f"n{i}" for i in range(len(values))])
    _expect_values(fetched, values)


@case
def checkpoint_files_are_the_same_bytes(weir):
    values = {name: value for name, value in _values().items() if value[0] != tf.string}
    graph = _save_graph(values)
    with tf1.Session(graph=graph) as session:
        session.run("save", {"prefix:0": weir.path("theirs")})
    weir.run_graph(write_graph(graph, weir.path("save.pb")), "--allow_dir", weir.folder,
                   feeds={"prefix": weir.path("ours")}, targets=["save"])
    for suffix in (".index", ".data-00000-of-00001"):
        with open(weir.path("theirs" + suffix), "rb") as theirs:
            with open(weir.path("ours" + suffix), "rb") as ours:
                assert ours.read() == theirs.read(), suffix


# --- Partitioned variables ---

_PARTS = 3
_WHOLE = np.arange(28, dtype=np.float32).reshape(7, 4)


def _partitioned():
    """A graph with the variable "part/w" in three parts, its whole as "whole", and a Saver."""
    graph = tf1.Graph()
    with graph.as_default():
        with tf1.variable_scope("part", partitioner=tf1.fixed_size_partitioner(_PARTS)):
            w = tf1.get_variable("w", initializer=tf.zeros_initializer(), shape=_WHOLE.shape)
        tf.identity(tf.convert_to_tensor(w), name="whole")
        assigns = []
        row = 0
        for part in w:
            rows = part.shape.as_list()[0]
            assigns.append(tf1.assign(part, _WHOLE[row:row + rows]))
            row += rows
        tf.group(*assigns, name="fill")
        return graph, tf1.train.Saver()


@case
def partitioned_checkpoint_from_weir(weir):
    pieces = [(0, 3), (3, 2), (5, 2)]
    names = ["part/w"] * 3
    slices = [f"7 4 {start},{rows}:0,4" for start, rows in pieces]
    graph = tf1.Graph()
    with graph.as_default():
        tensors = [tf.constant(_WHOLE[start:start + rows]) for start, rows in pieces]
        prefix = tf1.placeholder(tf.string, [], name="prefix")
        tf1.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=slices,
                           tensors=tensors, name="save")
    weir.run_graph(write_graph(graph, weir.path("save.pb")), "--allow_dir", weir.folder,
                   feeds={"prefix": weir.path("parts")}, targets=["save"])
    expect_same_bits(tf1.train.load_checkpoint(weir.path("parts")).get_tensor("part/w"), _WHOLE,
                     "the whole")
    graph, saver = _partitioned()
    with tf1.Session(graph=graph) as session:
        saver.restore(session, weir.path("parts"))
        expect_same_bits(session.run("whole:0"), _WHOLE, "the parts")


@case
def partitioned_checkpoint_from_tensorflow(weir):
    graph, saver = _partitioned()
    with tf1.Session(graph=graph) as session:
        session.run("fill")
        saver.save(session, weir.path("parts"))
    (whole,) = weir.run_graph(weir.path("parts.meta"), "--checkpoint", weir.path("parts"),
                              fetches=["whole"])
    expect_same_bits(whole, _WHOLE, "the whole")


@case
def sharded_checkpoint_from_tensorflow(weir):
    graph = tf1.Graph()
    with graph.as_default():
        for number in range(3):
            with tf1.device(f"/cpu:{number}"):
                tf1.get_variable(f"v{number}", initializer=tf.constant([number, 0.5]))
        saver = tf1.train.Saver(sharded=True)
        init = tf1.global_variables_initializer()
    config = tf1.ConfigProto(device_count={"CPU": 3})
    with tf1.Session(graph=graph, config=config) as session:
        session.run(init)
        saver.save(session, weir.path("shards"))
    fetched = weir.run_graph(weir.path("shards.meta"), "--checkpoint", weir.path("shards"),
                             fetches=[f"v{number}/Read/ReadVariableOp" for number in range(3)])
    for number, array in enumerate(fetched):
        expect_same_bits(array, np.array([number, 0.5], np.float32), f"v{number}")


@case
def old_checkpoint_from_tensorflow(weir):
    graph = tf1.Graph()
    with graph.as_default():
        tf1.get_variable("v", initializer=tf.constant([[1.0, 2.0]]), use_resource=False)
        saver = tf1.train.Saver(write_version=tf1.train.SaverDef.V1)
        init = tf1.global_variables_initializer()
    with tf1.Session(graph=graph) as session:
        session.run(init)
        saver.save(session, weir.path("old"))
    (v,) = weir.run_graph(weir.path("old.meta"), "--checkpoint", weir.path("old"),
                          fetches=["v/read"])
    expect_same_bits(v, np.array([[1, 2]], np.float32), "v")


# --- Training graphs from TensorFlow ---

_X = np.random.RandomState(2).uniform(-1, 1, (8, 5)).astype(np.float32)
_Y = np.random.RandomState(3).randint(0, 3, 8).astype(np.int64)

_OPTIMIZERS = {
    "gradient_descent": lambda: tf1.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: tf1.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda: tf1.train.AdamOptimizer(0.01),
    "adagrad": lambda: tf1.train.AdagradOptimizer(0.1),
    "adadelta": lambda: tf1.train.AdadeltaOptimizer(1.0),
    "rmsprop": lambda: tf1.train.RMSPropOptimizer(0.01, momentum=0.5),
    "rmsprop_centered": lambda: tf1.train.RMSPropOptimizer(0.01, centered=True),
    "ftrl": lambda: tf1.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
}


def _training_graph(optimizer, resource):
    """A small classifier: placeholders x and y, "loss", operations "train" and "init"."""
    graph = tf1.Graph()
    with graph.as_default():
        x = tf1.placeholder(tf.float32, [None, 5], name="x")
        y = tf1.placeholder(tf.int64, [None], name="y")
        random = np.random.RandomState(4)

        def dense(inputs, units, scope):
            with tf1.variable_scope(scope, use_resource=resource):
                size = (inputs.shape.as_list()[1], units)
                w = tf1.get_variable("w", initializer=random.normal(0, 0.3, size).astype("f"))
                b = tf1.get_variable("b", initializer=np.zeros(units, "f"))
                return tf1.nn.bias_add(tf.matmul(inputs, w), b)

        hidden = tf.nn.relu(dense(x, 6, "hidden"))
        logits = tf.identity(dense(hidden, 3, "out"), name="logits")
        losses = tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        loss = tf.reduce_mean(losses, name="loss")
        step = tf1.train.get_or_create_global_step()
        optimizer().minimize(loss, global_step=step, name="train")
        tf1.global_variables_initializer()
        saver = tf1.train.Saver()
    return graph, saver


_FEEDS = {"x": _X, "y": _Y}


def _check_training(weir, optimizer, resource):
    """Three steps from the start, then three from TensorFlow's checkpoint, with its slots."""
    graph, saver = _training_graph(optimizer, resource)
    feeds = {"x:0": _X, "y:0": _Y}
    losses = []
    with tf1.Session(graph=graph) as session:
        session.run("init")
        for step in range(6):
            if step == 3:
                saver.save(session, weir.path("model"))
                logits = session.run("logits:0", feeds)
            losses.append(session.run(["loss:0", "train"], feeds)[0])
    assert losses[5] < losses[0], losses
    for first, flags in ((0, ["--init", "init"]), (3, ["--checkpoint", weir.path("model")])):
        for steps in (1, 2, 3):
            (loss,) = weir.run_graph(weir.path("model.meta"), *flags, "--steps", steps,
                                     feeds=_FEEDS, fetches=["loss"], targets=["train"])
            expect_close(loss, losses[first + steps - 1], 1e-5, f"loss {first + steps}")
    (ours,) = weir.run_graph(write_graph(graph, weir.path("model.pb")), "--checkpoint",
                             weir.path("model"), feeds={"x": _X}, fetches=["logits"])
    expect_close(ours, logits, 1e-5, "logits")


def _add_training_cases():
    for name, optimizer in _OPTIMIZERS.items():
        for resource in (True, False):
            kind = "resource" if resource else "reference"

            def run(weir, optimizer=optimizer, resource=resource):
                _check_training(weir, optimizer, resource)

            CASES[f"training_graph_from_tensorflow_{name}_{kind}"] = run


_add_training_cases()


# --- mnist_deep ---


def _train_mnist_deep(weir, steps):
    """Trains on a few blots, and returns images and labels for more of it."""
    random = np.random.RandomState(5)
    for name, count in (("train", 30), ("t10k", 20)):
        labels = np.arange(count) % 10
        images = random.randint(0, 60, (count, 28, 28))
        for row, label in enumerate(labels):
            images[row, 2 * label:2 * label + 6, 4:24] += 180
        write_idx(weir.path(f"{name}-images-idx3-ubyte.gz"), images)
        write_idx(weir.path(f"{name}-labels-idx1-ubyte.gz"), labels)
    weir.mnist_deep("--steps", steps)
    return images.reshape(-1, 784).astype(np.float32) / 255, np.eye(10, dtype=np.float32)[labels]


def _mnist_feeds(images, labels, suffix=""):
    return {f"x{suffix}": images, f"y_{suffix}": labels, f"keep_prob{suffix}": np.float32(1)}


def _train_names(graph):
    """The names of the loss and of the operation that trains."""
    updates = [op for op in graph.get_operations() if op.type == "ResourceApplyAdam"]
    loss = [op.name for op in graph.get_operations()
            if op.type == "Mean" and op.name.startswith("loss/")]
    steps = [op for op in graph.get_operations()
             if op.type == "AssignAddVariableOp" and op.inputs[0].op.name == "global_step"]
    assert updates and len(loss) == 1 and len(steps) == 1, (updates, loss, steps)
    trains = [op.name for op in graph.get_operations() if op.type == "NoOp" and
              {c.name for c in op.control_inputs} == {steps[0].name}]
    return loss[0], (trains or [steps[0].name])[0]


@case
def mnist_deep_goes_on_in_tensorflow(weir):
    images, labels = _train_mnist_deep(weir, 2)
    prefix = weir.path("out", "model.ckpt-2")
    graph = tf1.Graph()
    theirs = []
    with graph.as_default():
        saver = tf1.train.import_meta_graph(prefix + ".meta", clear_devices=True)
        assert len(tf1.trainable_variables()) == 8, tf1.trainable_variables()
        loss, train = _train_names(graph)
        with tf1.Session() as session:
            saver.restore(session, prefix)
            assert session.run("global_step/Read/ReadVariableOp:0") == 2
            for _ in range(3):
                feeds = _mnist_feeds(images, labels, ":0")
                theirs.append(session.run([loss + ":0", train], feeds)[0])
            saver.save(session, weir.path("out", "model.ckpt"), global_step=5)
            predictions = session.run("prediction:0", _mnist_feeds(images, labels, ":0"))
    for model in (prefix + ".meta", weir.path("out", "graph.pb")):
        for steps in (1, 2, 3):
            (ours,) = weir.run_graph(model, "--checkpoint", prefix, "--steps", steps,
                                     feeds=_mnist_feeds(images, labels), fetches=[loss],
                                     targets=[train])
            expect_close(ours, theirs[steps - 1], 1e-5, f"{model}: loss {steps}")
    assert theirs[2] < theirs[0], theirs

    # And back: what TensorFlow trained.
    (classes,) = weir.run_graph(weir.path("out", "graph.pb"), "--checkpoint",
                                weir.path("out", "model.ckpt-5"),
                                feeds={"x": images, "keep_prob": "1"}, fetches=["prediction"])
    expect_same_bits(classes, predictions, "prediction")
    out = weir.mnist_deep("--resume", "--steps", "6")
    assert "going on from" in out and "model.ckpt-5" in out and "trained to step 6" in out, out
    assert "test accuracy" in weir.mnist_deep("--freeze")


@case
def mnist_deep_starts_in_tensorflow(weir):
    images, labels = _train_mnist_deep(weir, 1)
    graph = imported(weir.path("out", "graph.pb"))
    loss, train = _train_names(graph)
    with tf1.Session(graph=graph) as session:
        session.run("init")
        losses = [session.run([loss + ":0", train], _mnist_feeds(images, labels, ":0"))[0]
                  for _ in range(4)]
    assert np.isfinite(losses).all() and losses[3] < losses[0], losses


@case
def frozen_mnist_deep_in_tensorflow(weir):
    images, labels = _train_mnist_deep(weir, 3)
    weir.mnist_deep("--freeze")
    frozen = weir.path("out", "frozen.pb")
    graph = imported(frozen)
    logits = graph.get_operation_by_name("prediction").inputs[0].name
    with tf1.Session(graph=graph) as session:
        theirs, classes = session.run([logits, "prediction:0"],
                                      {"x:0": images, "keep_prob:0": 1.0})
    ours, our_classes = weir.run_graph(frozen, feeds={"x": images, "keep_prob": "1"},
                                       fetches=[logits, "prediction"])
    expect_close(ours, theirs, 1e-5, "logits")
    expect_same_bits(our_classes, classes, "prediction")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", help="the folder with Weir's programs")
    parser.add_argument("--filter", default="", help="a part of the cases' names")
    args = parser.parse_args()
    tf1.logging.set_verbosity(tf1.logging.ERROR)
    passed = failed = skipped = 0
    for name, run in CASES.items():
        if args.filter not in name:
            skipped += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                run(Weir(args.binaries, folder))
                passed += 1
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"FAILED {name}")
                traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
