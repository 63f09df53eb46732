#!/usr/bin/env python3
"""Predictions as a user of Python reads them: scores computed by scikit-learn from the Parquet file are those of `evaluate`,
and effects of variants are the differences of predictions for two edited sequences.

The program to test is named by GENOMENAS.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.metrics import average_precision_score, mean_squared_error, roc_auc_score

sys.dont_write_bytecode = True
GENOMENAS = os.environ["GENOMENAS"]
LENGTH, ROWS = 60, 400
MOTIF = "TGACTCAG"


def genomenas(*arguments):
    command = [GENOMENAS, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout


class Predictions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.random = np.random.default_rng(1)

    def sequences(self, rows, length=LENGTH):
        return ["".join(row) for row in self.random.choice(list("ACGT"), (rows, length))]

    def trained(self, task, columns, labels):
        """A small network, trained on rows whose labels are these columns."""
        table = {"split": [["train", "valid", "test"][max(0, row - 200) // 100] for row in range(ROWS)], **columns}
        pq.write_table(pa.table(table), self.folder / "rows.parquet")
        store, model, architecture = (self.folder / name for name in ["store.arrow", "model", "architecture.json"])
        genomenas("data", "import", "table", self.folder / "rows.parquet", "--task", task, "--split", "split",
                  "--labels", ",".join(labels), "--out", store)
        outputs = len(labels) if task != "multi-class" else len(set(columns[labels[0]]))
        nodes = [
            ("conv", {"type": "conv1d", "out_channels": 16, "kernel": 9}),
            ("relu", {"type": "activation", "function": "relu"}),
            ("pool", {"type": "global_max_pool"}),
            ("out", {"type": "linear", "out_features": outputs}),
        ]
        names = ["input", *(name for name, _ in nodes)]
        nodes = [{"name": name, "inputs": [before], "op": op} for before, (name, op) in zip(names, nodes)]
        document = {"version": 1, "name": "small", "input": [4, LENGTH], "output": "out", "nodes": nodes}
        architecture.write_text(json.dumps(document), encoding="utf-8")
        genomenas("train", "--architecture", architecture, "--data", store, "--out", model, "--epochs", 3, "--batch", 16,
                  "--learning-rate", 0.01, "--device", "cpu", "--threads", 1)
        return model

    def predictions(self, model, *arguments):
        out = self.folder / "predictions.parquet"
        genomenas("predict", model, *arguments, "--out", out, "--overwrite", "--device", "cpu", "--threads", 1)
        return pq.read_table(out)

    def evaluation(self, model, *arguments):
        text = genomenas("evaluate", "--run", model, "--json", *arguments, "--device", "cpu", "--threads", 1)
        return {label["name"]: label for label in json.loads(text)["labels"]}

    def motif_rows(self):
        sequences = self.sequences(ROWS)
        for row in range(0, ROWS, 2):
            at = self.random.integers(0, LENGTH - len(MOTIF))
            sequences[row] = sequences[row][:at] + MOTIF + sequences[row][at + len(MOTIF):]
        return sequences

    def test_labels_have_the_scores_that_evaluate_has(self):
        columns = {"sequence": self.motif_rows(), "motif": [1 - row % 2 for row in range(ROWS)],
                   "noise": self.random.integers(0, 2, ROWS)}
        model = self.trained("multi-label", columns, ["motif", "noise"])
        for split in ["valid", "test"]:
            for strands in ["--average-strands=false", "--average-strands"]:
                table = self.predictions(model, "--splits", split, strands)
                for name, label in self.evaluation(model, "--split", split, strands).items():
                    truth, scores = table["true_" + name].to_numpy(), table[name].to_numpy()
                    self.assertAlmostEqual(roc_auc_score(truth, scores), label["auroc"], 9)
                    self.assertAlmostEqual(average_precision_score(truth, scores), label["auprc"], 9)

    def test_classes_add_up_to_one_and_have_the_scores_that_evaluate_has(self):
        columns = {"sequence": self.motif_rows(), "label": [["with", "without"][row % 2] for row in range(ROWS)]}
        model = self.trained("multi-class", columns, ["label"])
        table = self.predictions(model, "--splits", "test")
        total = table["with"].to_numpy() + table["without"].to_numpy()
        np.testing.assert_allclose(total, 1, atol=1e-6)
        for name, label in self.evaluation(model, "--split", "test").items():
            truth = np.array(table["class"].to_pylist()) == name
            self.assertAlmostEqual(roc_auc_score(truth, table[name].to_numpy()), label["auroc"], 9)

    def test_values_have_the_error_that_evaluate_has(self):
        sequences = self.motif_rows()
        columns = {"sequence": sequences, "gc": [(row.count("G") + row.count("C")) / LENGTH for row in sequences]}
        model = self.trained("regression", columns, ["gc"])
        table = self.predictions(model, "--splits", "test")
        error = mean_squared_error(table["true_gc"].to_numpy().astype(float), table["gc"].to_numpy().astype(float))
        self.assertAlmostEqual(error, self.evaluation(model, "--split", "test")["gc"]["mse"], 6)

    def test_effects_are_differences_of_predictions(self):
        columns = {"sequence": self.motif_rows(), "motif": [1 - row % 2 for row in range(ROWS)],
                   "noise": self.random.integers(0, 2, ROWS)}
        model = self.trained("multi-label", columns, ["motif", "noise"])
        [genome] = self.sequences(1, 2000)
        (self.folder / "genome.fa").write_text(">one\n%s\n" % genome, encoding="utf-8")
        lines, pairs = [], []
        for at in sorted(self.random.choice(np.arange(100, 1900), 60, replace=False)):
            size, allele = int(self.random.integers(1, 6)), "".join(self.random.choice(list("ACGT"), self.random.integers(1, 9)))
            reference = genome[at:at + size]
            if allele == reference:
                continue
            lines.append("one\t%d\t.\t%s\t%s\t.\t.\t." % (at + 1, reference, allele))
            start = at + size // 2 - LENGTH // 2
            edited = genome[:at] + allele + genome[at + size:]
            pairs.append((genome[start:start + LENGTH], edited[start:start + LENGTH]))
        header = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        (self.folder / "a.vcf").write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
        out = self.folder / "effects.parquet"
        genomenas("variants", model, "--vcf", self.folder / "a.vcf", "--genome", self.folder / "genome.fa", "--out", out,
                  "--labels", "motif", "--device", "cpu", "--threads", 1)
        effects = pq.read_table(out)
        scored = []
        for side in range(2):
            fasta = self.folder / "side.fa"
            fasta.write_text("".join(">%d\n%s\n" % (row, pair[side]) for row, pair in enumerate(pairs)), encoding="utf-8")
            table = self.predictions(model, "--fasta", fasta, "--average-strands")
            scored.append(table["motif"].to_numpy().astype(float))
        self.assertEqual(effects.num_rows, len(pairs))
        np.testing.assert_allclose(effects["difference"].to_numpy(), scored[1] - scored[0], atol=2e-6)
        log_odds = [np.log(side / (1 - side)) for side in scored]
        np.testing.assert_allclose(effects["log_odds_difference"].to_numpy(), log_odds[1] - log_odds[0], atol=2e-5)


if __name__ == "__main__":
    unittest.main()
