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
BASELINES = ["danq", "deepsea", "deepvirfinder", "lstm", "ncnet-brr", "ncnet-rr"]
# They are trained to their optimum, and take no settings of a training.
LINEAR = ["kmer-lr", "majority", "positional-lr"]
SEARCHES = [
    "asha", "bonas", "cwp-darts", "darts", "dep-darts", "hyperband", "local-search", "osp-nas", "p-darts",
    "regularised-evolution", "successive-halving", "tpe",
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


def documented(chapter):
    """The program of a chapter of the documentation."""
    text = (REPOSITORY / "PYTHON.md").read_text(encoding="utf-8").split(f"\n## {chapter}\n")[1]
    return re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)


class Programs(unittest.TestCase):
    """Trained networks, exported by the program: the programs of the documentation score what it scores."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        draws = np.random.default_rng(2)
        cls.length = 200
        cls.sequences = ["".join(row) for row in draws.choice(list("ACGT"), (60, cls.length))]
        cls.splits = [["train", "train", "valid", "test"][row % 4] for row in range(60)]
        unknown = [row[:50] + "NNRN" + row[54:] if at % 5 == 0 else row.lower() for at, row in enumerate(cls.sequences[:33])]
        records = [f">window{at} of the test\n{row[:70]}\n{row[70:]}\n" for at, row in enumerate(unknown)]
        for count, name in [(33, "many"), (1, "one")]:
            (cls.folder / f"{name}.fa").write_text("".join(records[:count]), encoding="ascii")

    def run_program(self, *arguments):
        command = [GENOMENAS, *map(str, arguments)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def store(self, task):
        """A store with labels of a task."""
        path = self.folder / f"{task}.arrow"
        if path.exists():
            return path
        if task == "next-nucleotide":
            files = []
            for part in range(3):
                text = "".join(f">c{at}\n{row * 3}\n" for at, row in enumerate(self.sequences[20 * part : 20 * part + 20]))
                files.append(self.folder / f"{part}.fa")
                files[-1].write_text(text, encoding="ascii")
            train, valid, test = files
            self.run_program(
                "data", "import", "next", train, "--valid-paths", valid, "--test-paths", test,
                "--length", self.length, "--step", self.length, "--out", path,
            )
            return path
        draws = np.random.default_rng(3)
        rows = [["sequence", "a", "b", "split"] if task != "multi-class" else ["sequence", "label", "split"]]
        for at, (sequence, split) in enumerate(zip(self.sequences, self.splits)):
            labels = {
                "multi-label": [str(at // 4 % 2), str(at // 8 % 2)],
                "multi-class": [["x", "y", "z"][at // 4 % 3]],
                "regression": [f"{draws.normal():.4f}", f"{draws.normal():.4f}"],
                "poisson-regression": [str(draws.poisson(3)), str(draws.poisson(3))],
            }[task]
            rows.append([sequence, *labels, split])
        table = self.folder / f"{task}.tsv"
        table.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="ascii")
        labels = [] if task == "multi-class" else ["--labels", "a,b", "--task", task]
        self.run_program("data", "import", "table", table, *labels, "--out", path)
        return path

    def check(self, task, name, *what, recipe=("--epochs", 1, "--steps-per-epoch", 3, "--batch", 8)):
        """Trains, exports, and compares the scores of all programs."""
        folder = self.folder / name
        folder.mkdir()
        recipe = [*recipe, "--threads", 1]
        self.run_program("train", *what, "--data", self.store(task), *recipe, "--out", folder / "run")
        self.run_program("export", folder / "run", "--out", folder / "exported")
        onnx.checker.check_model(onnx.load(folder / "exported" / "model.onnx"), full_check=True)
        for fasta in ["many", "one"]:
            table = folder / f"{fasta}.tsv"
            self.run_program("predict", folder / "exported", "--fasta", self.folder / f"{fasta}.fa", "--out", table)
            header, *rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
            with open(folder / "exported" / "export.json", encoding="utf-8") as file:
                labels = json.load(file)["model"]["labels"]
            expected = np.array([[float(row[header.index(label)]) for label in labels] for row in rows])
            for chapter in ["With ONNX Runtime", "With PyTorch"]:
                if chapter == "With PyTorch" and torch is None:
                    continue
                code = documented(chapter).replace('"exported', f'"{folder}/exported')
                code = code.replace('"sequences.fa"', f'"{self.folder}/{fasta}.fa"')
                sys.modules.pop("model", None)
                defined, path = {"print": lambda *_: None}, list(sys.path)
                exec(code, defined)
                sys.path[:] = path
                with self.subTest(name, chapter=chapter, fasta=fasta):
                    close(np.asarray(defined["scores"]), expected)

    def test_networks_of_every_task(self):
        nodes = [
            conv("conv", "input", 8, 7), node("relu", "activation", "conv", function="relu"),
            node("pool", "max_pool", "relu", kernel=8, stride=8), node("norm", "batch_norm", "pool"),
            node("cell", "highway", "norm", nodes=2, edges=[
                {"node": 0, "input": 0, "activation": "relu"}, {"node": 1, "input": 1, "activation": "gelu"},
            ]),
            node("lstm", "lstm", "cell", hidden=6, bidirectional=True), node("gru", "gru", "lstm", hidden=5),
            node("mean", "global_avg_pool", "gru"), node("words", "kmer_spectrum", "input", k=3, both_strands=True),
            node("both", "concat", "mean words"),
        ]
        for task, outputs in zip(TASKS, [2, 3, 2, 2, 4]):
            document = {"version": 1, "name": task, "input": [4, self.length], "output": "out"}
            document["nodes"] = [*nodes, node("out", "linear", "both", out_features=outputs)]
            path = self.folder / f"{task}.json"
            path.write_text(json.dumps(document), encoding="utf-8")
            strands = ["--average-strands"] if task in ("multi-label", "regression") else []
            self.check(task, task, "--architecture", path, *strands)

    def test_every_baseline(self):
        for baseline in BASELINES:
            self.check("multi-label", baseline, "--strategy", baseline)
        for baseline in LINEAR:
            self.check("multi-label", baseline, "--strategy", baseline, recipe=())

    def search(self, name, strategy, seed):
        """Searches in small genomeNAS spaces, and compares what was found."""
        sizes = {"cells": 3, "channels": 2, "nodes": 2 + seed % 2, "rnn_nodes": 2 + seed % 3}
        sizes = [part for key, value in sizes.items() for part in ("--space-set", f"{key}={value}")]
        data = self.store("multi-label")
        found = self.folder / f"{name}-found"
        self.run_program(
            "search", "--strategy", strategy, "--set", "batch=8", "--seed", seed, "--budget", "256samples", *sizes,
            "--data", data, "--threads", 1, "--out", found,
        )
        self.check("multi-label", name, "--run", found)

    def test_what_each_search_finds(self):
        for strategy in SEARCHES:
            self.search(strategy, strategy, 1)

    def test_ten_random_architectures(self):
        for seed in range(1, 11):
            self.search(f"random-{seed}", "random-search", seed)


if __name__ == "__main__":
    unittest.main()
