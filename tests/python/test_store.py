#!/usr/bin/env python3
"""A store as a user of Python reads it: with the code of ARCHITECTURE.md, from files that NumPy and pyarrow wrote.

The program to test is named by GENOMENAS.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.dont_write_bytecode = True
REPOSITORY = Path(__file__).resolve().parent.parent.parent
GENOMENAS = os.environ["GENOMENAS"]
SPLITS = ["train", "valid", "test"]


def documented(store):
    """What the code of the documentation defines for a store."""
    chapter = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8").split("\n## The store\n")[1]
    code = re.search(r"```python\n(.*?)```", chapter, re.DOTALL).group(1)
    assert '"yeast.arrow"' in code
    defined = {"print": lambda *_: None}
    exec(code.replace('"yeast.arrow"', repr(str(store))), defined)
    return defined


class Stores(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.random = np.random.default_rng(1)

    def sequences(self, rows, length, unknown=0.0):
        letters = self.random.choice(list("ACGT"), (rows, length))
        letters[self.random.random((rows, length)) < unknown] = "N"
        return ["".join(row) for row in letters]

    def read(self, importer, *arguments):
        store = self.folder / "store.arrow"
        command = [GENOMENAS, "data", "import", importer, *map(str, arguments), "--out", str(store), "--overwrite"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        defined = documented(store)
        rows = defined["table"].to_pylist()
        read = [(row["split"], defined["sequence"](row), defined["label"](row)) for row in rows]
        return defined, read

    def assert_rows(self, read, sequences, labels, splits):
        expected = [row for split in SPLITS for row in zip(splits, sequences, labels) if row[0] == split]
        self.assertEqual(read, expected)

    def test_a_table_of_classes(self):
        sequences = self.sequences(9000, 30, unknown=0.001)
        classes = ["class %d" % number for number in self.random.integers(0, 5, 9000)]
        splits = [SPLITS[number] for number in self.random.integers(0, 3, 9000)]
        table = pa.table({
            "split": pa.array(splits).dictionary_encode(),
            "sequence": pa.array(sequences, pa.large_string()),
            "label": pa.array(classes).dictionary_encode(),
        })
        for compression in ["snappy", "zstd", "gzip", "brotli", "lz4", "none"]:
            file = self.folder / "table.parquet"
            pq.write_table(table, file, compression=compression, row_group_size=2500)
            _, read = self.read("table", file, "--split", "split")
            self.assert_rows(read, sequences, classes, splits)

    def test_a_table_of_lists(self):
        sequences = self.sequences(300, 21)
        names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
        labels = [[name for name in names if self.random.random() < 0.3] for _ in sequences]
        splits = [SPLITS[row % 3] for row in range(300)]
        table = pa.table({"split": splits, "sequence": sequences, "label": pa.array(labels, pa.list_(pa.string()))})
        pq.write_table(table, self.folder / "table.parquet")
        defined, read = self.read("table", self.folder / "table.parquet", "--split", "split")
        self.assertEqual(defined["info"]["task"], "multi-label")
        self.assert_rows(read, sequences, labels, splits)

    def test_a_table_of_numbers_at_places(self):
        sequences = self.sequences(120, 10)
        chromosomes = ["chr%d" % (row % 3) for row in range(120)]
        starts = [row * 50 for row in range(120)]
        numbers = self.random.normal(size=(120, 2)).astype(np.float32)
        table = pa.table({
            "sequence": sequences, "chrom": chromosomes, "start": starts, "k562": numbers[:, 0], "hepg2": numbers[:, 1],
        })
        pq.write_table(table, self.folder / "table.parquet")
        defined, read = self.read(
            "table", self.folder / "table.parquet", "--labels", "k562,hepg2", "--task", "regression", "--chromosome", "chrom",
            "--start", "start", "--valid-chromosomes", "chr1", "--test-chromosomes", "chr2",
        )
        splits = [SPLITS[row % 3] for row in range(120)]
        labels = [{"k562": float(first), "hepg2": float(second)} for first, second in numbers]
        self.assert_rows(read, sequences, labels, splits)
        places = [(row["chromosome"], row["start"]) for row in defined["table"].to_pylist()]
        self.assertEqual(places, sorted(zip(chromosomes, starts)))

    def test_arrays_of_numpy(self):
        length, names = 25, ["label_%d" % label for label in range(11)]
        for form, save in [("C", np.savez), ("F", np.savez_compressed)]:
            for kind in ["u1", "bool", ">i4", "f4", "f8"]:
                arrays, sequences, labels, splits = {}, [], [], []
                for split, key, rows in [("train", "train", 40), ("valid", "val", 7), ("test", "test", 12)]:
                    some = self.sequences(rows, length, unknown=0.05)
                    bits = self.random.random((rows, 11)) < 0.3
                    x = np.array([[[base == channel for channel in "AGCT"] for base in row] for row in some])
                    arrays["x_" + key] = np.asarray(x, dtype=kind, order=form)
                    arrays["y_" + key] = np.asarray(bits, dtype=kind, order=form)
                    sequences += some
                    labels += [[name for name, bit in zip(names, row) if bit] for row in bits]
                    splits += [split] * rows
                save(self.folder / "arrays.npz", **arrays)
                _, read = self.read("npz", self.folder / "arrays.npz")
                self.assert_rows(read, sequences, labels, splits)


if __name__ == "__main__":
    unittest.main()
