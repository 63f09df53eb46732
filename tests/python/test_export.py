#!/usr/bin/env python3
"""Exported networks as others run them: ONNX with onnxruntime, and model.py with PyTorch, against the program.

GENOMENAS names the program to test, NETWORKS the example of genomenas-export that writes networks with random weights. What
needs PyTorch is skipped where there is none (`make bench-python` installs it).
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

try:
    import torch
    torch.set_num_threads(1)
except ImportError:
    torch = None

sys.dont_write_bytecode = True
REPOSITORY = Path(__file__).resolve().parent.parent.parent
GENOMENAS = os.environ["GENOMENAS"]
NETWORKS = os.environ["NETWORKS"]
TASKS = ["multi-label", "multi-class", "regression", "poisson-regression", "next-nucleotide"]
BASELINES = [
    "cnn", "cnn-lstm", "danq", "deepsea", "deepvirfinder", "dilated", "logistic-regression", "lstm", "ncnet", "kmer-regression",
]
LENGTH = 60
# What scores may differ by: sums are made in another order.
TOLERANCE = 1e-4


def node(name, kind, inputs, **fields):
    return {"name": name, "inputs": inputs.split(), "op": {"type": kind, **fields}}


def conv(name, inputs, channels, kernel, **fields):
    return node(name, "conv1d", inputs, out_channels=channels, kernel=kernel, **fields)


def on_channels(*nodes):
    """Operations on [6, 60], from "stem" to the last of them, and what leads to three outputs."""
    stem = conv("stem", "input", 6, 3, padding=1)
    last = nodes[-1]["name"] if nodes else "stem"
    return [stem, *nodes, node("pooled", "global_avg_pool", last), node("out", "linear", "pooled", out_features=3)]


def highway(nodes, *edges):
    states = [{"node": at, "input": source, "activation": function} for at, (source, function) in enumerate(edges)]
    return node("cell", "highway", "stem", nodes=nodes, edges=states, input_dropout=0.2, hidden_dropout=0.1)


def last(kind, **fields):
    return [node("last", kind, "stem", **fields)]


FUNCTIONS = ["relu", "tanh", "sigmoid", "gelu", "identity"]
OPERATIONS = {
    "conv": on_channels(conv("last", "stem", 8, 5)),
    "conv_of_all_sizes": on_channels(conv("last", "stem", 9, 5, stride=2, padding=3, dilation=3, groups=3, bias=False)),
    "conv_padded_beyond_its_kernel": on_channels(conv("last", "stem", 4, 3, padding=4)),
    "depthwise": on_channels(node("last", "conv1d", "stem", kernel=5, padding=4, dilation=2, depthwise=True, bias=False)),
    "batch_norm": on_channels(*last("batch_norm")),
    "batch_norm_without_scale": on_channels(*last("batch_norm", affine=False)),
    "batch_norm_of_features": [
        node("flat", "flatten", "input"), node("dense", "linear", "flat", out_features=7), node("norm", "batch_norm", "dense"),
        node("out", "linear", "norm", out_features=3),
    ],
    "max_pool": on_channels(*last("max_pool", kernel=5, stride=3, padding=2)),
    "max_pool_that_leaves_some_out": on_channels(*last("max_pool", kernel=7, stride=7)),
    "avg_pool": on_channels(*last("avg_pool", kernel=5, stride=3, padding=2)),
    "avg_pool_of_two": on_channels(*last("avg_pool", kernel=2, stride=1, padding=1)),
    "global_max_pool": [
        conv("stem", "input", 6, 3), node("pooled", "global_max_pool", "stem"),
        node("out", "linear", "pooled", out_features=3, bias=False),
    ],
    **{function: on_channels(*last("activation", function=function)) for function in FUNCTIONS},
    "identity_and_dropouts": on_channels(
        node("same", "identity", "stem"), node("a", "dropout", "same", p=0.5), node("b", "skip_dropout", "a"),
        node("last", "drop_path", "b", p=0.3),
    ),
    "zero": on_channels(
        node("half", "max_pool", "stem", kernel=2, stride=2), node("none", "zero", "stem", stride=2),
        node("last", "add", "half none"),
    ),
    "nothing_but_zero": on_channels(*last("zero")),
    "linear_by_position": on_channels(*last("linear", out_features=5)),
    "linear_by_position_without_bias": on_channels(*last("linear", out_features=5, bias=False)),
    "lstm": on_channels(*last("lstm", hidden=5)),
    "lstm_both_ways": on_channels(*last("lstm", hidden=5, bidirectional=True)),
    "gru": on_channels(*last("gru", hidden=5)),
    "gru_both_ways": on_channels(*last("gru", hidden=5, bidirectional=True)),
    "highway": on_channels(
        highway(6, (0, "relu"), (1, "tanh"), (0, "sigmoid"), (2, "gelu"), (4, "identity"), (1, "relu")),
    ),
    "highway_of_one_node": on_channels(highway(1, (0, "tanh"))),
    "add_and_concat": on_channels(
        node("one", "add", "stem"), node("three", "add", "stem one stem"), node("last", "concat", "three stem"),
    ),
    "transpose": on_channels(node("turned", "transpose", "stem"), node("last", "transpose", "turned")),
    "spectrum": [node("words", "kmer_spectrum", "input", k=3), node("out", "linear", "words", out_features=3)],
    "spectrum_of_both_strands": [
        node("words", "kmer_spectrum", "input", k=4, both_strands=True), node("out", "linear", "words", out_features=3),
    ],
    "spectrum_alone": [node("out", "kmer_spectrum", "input", k=1)],
    "names_of_python": [
        conv("x", "input", 4, 3), node("lambda", "activation", "x", function="relu"), node("forward", "batch_norm", "lambda"),
        node("1-a", "activation", "lambda", function="tanh"), node("1_a", "add", "forward 1-a"),
        node("torch", "global_avg_pool", "1_a"), node("self", "linear", "torch", out_features=3),
    ],
}


def random_windows(count):
    """One-hot windows, some with unknown bases."""
    codes = np.random.default_rng(1).integers(0, 4, (count, LENGTH))
    windows = (codes[:, None, :] == np.arange(4)[None, :, None]).astype(np.float32)
    windows[::3, :, 10:14] = 0
    return windows


def imported(folder):
    """The model.py of a folder."""
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def session_of(folder):
    """A session that spins on no cores of others."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


class Networks(unittest.TestCase):
    """Random weights: every operation, and architectures of the genomeNAS space."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folders = []
        names = [*OPERATIONS, *(f"genomenas_{number}" for number in range(8))]
        for at, name in enumerate(names):
            path = Path(folder.name) / f"{TASKS[at % len(TASKS)]}.{name}"
            path.mkdir()
            cls.folders.append(path)
            if name in OPERATIONS:
                nodes = OPERATIONS[name]
                document = {"version": 1, "name": name, "input": [4, LENGTH], "nodes": nodes, "output": nodes[-1]["name"]}
                (path / "architecture.json").write_text(json.dumps(document), encoding="utf-8")
        subprocess.run([NETWORKS, *map(str, cls.folders)], check=True)

    def test_every_model_is_valid_onnx(self):
        for folder in self.folders:
            with self.subTest(folder.name):
                model = onnx.load(folder / "model.onnx")
                onnx.checker.check_model(model, full_check=True)
                self.assertEqual([(entry.domain, entry.version) for entry in model.opset_import], [("", 17)])

    @unittest.skipIf(torch is None, "PyTorch is not installed")
    def test_onnx_and_pytorch_agree_on_batches_of_any_size(self):
        for folder in self.folders:
            session = session_of(folder)
            module = imported(folder)
            network = module.load()
            for batch in [1, 33]:
                with self.subTest(folder.name, batch=batch):
                    windows = random_windows(batch)
                    logits, predictions = session.run(None, {"sequence": windows})
                    with torch.inference_mode():
                        expected = network(torch.from_numpy(windows))
                    self.assertEqual(logits.shape, tuple(expected.shape))
                    close(logits, expected.numpy())
                    close(predictions, module.predictions(expected).numpy())

    @unittest.skipIf(torch is None, "PyTorch is not installed")
    def test_a_network_can_be_trained_on_and_other_weights_are_refused(self):
        for folder in self.folders:
            with self.subTest(folder.name):
                logits = imported(folder).load().train()(torch.from_numpy(random_windows(5)))
                self.assertTrue(torch.isfinite(logits).all())
        with self.assertRaises((KeyError, ValueError, RuntimeError)):
            imported(self.folders[0]).load(self.folders[-1] / "weights.safetensors")


if __name__ == "__main__":
    unittest.main()
