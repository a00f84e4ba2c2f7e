"""What the cases share: Weir's programs, TensorFlow's graphs, and comparing what both compute."""

import os
import subprocess

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1


class Weir:
    """Weir's programs, working in a folder of their own."""

    def __init__(self, binaries, folder):
        self.binaries = binaries
        self.folder = folder

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, program, *args):
        """Runs a program that must succeed; returns its standard output."""
        command = [os.path.join(self.binaries, program), *map(str, args)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)}\nexit code {done.returncode}: {done.stderr}")
        return done.stdout

    def run_graph(self, model, *flags, feeds=None, fetches=(), targets=()):
        """Fetches by run_graph, as arrays."""
        args = [model, *flags, "--output_dir", self.path("fetched")]
        for number, (name, value) in enumerate((feeds or {}).items()):
            if isinstance(value, str):
                args += ["--feed", f"{name}={value}"]
            else:
                np.save(self.path(f"feed{number}.npy"), value)
                args += ["--feed", f"{name}=@{self.path(f'feed{number}.npy')}"]
        for name in fetches:
            args += ["--fetch", name]
        for name in targets:
            args += ["--target", name]
        self.run("tools/run_graph/run_graph", *args)
        files = [name.replace("/", "_").replace(":", "_") + ".npy" for name in fetches]
        return [np.load(self.path("fetched", file)) for file in files]

    def mnist_deep(self, *args):
        return self.run("examples/mnist_deep/mnist_deep", "--data_dir", self.folder,
                        "--output_dir", self.path("out"), "--batch", "10", *args)


def write_graph(graph, path):
    with open(path, "wb") as file:
        file.write(graph.as_graph_def().SerializeToString())
    return path


def read_graph(path):
    graph_def = tf1.GraphDef()
    with open(path, "rb") as file:
        graph_def.ParseFromString(file.read())
    return graph_def


def imported(path):
    """A graph with the GraphDef in a file."""
    graph = tf1.Graph()
    with graph.as_default():
        tf1.import_graph_def(read_graph(path), name="")
    return graph


def bits(array):
    """The array as bytes, whatever NumPy calls its type."""
    return np.ascontiguousarray(array).tobytes()


def expect_same_bits(got, want, what):
    if got.shape != want.shape or bits(got) != bits(want):
        raise AssertionError(f"{what}: {got!r} instead of {want!r}")


def expect_close(got, want, tolerance, what):
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance, err_msg=what)


def write_idx(path, array):
    """An MNIST file. Not compressed: readers go by the content."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    with open(path, "wb") as file:
        file.write(header + array.astype(np.uint8).tobytes())
