#!/usr/bin/env python3
"""What `genomenas report` writes, read by the tools that it is for: sqlite3, pandas, TensorBoard and Optuna.

The program to test is named by GENOMENAS.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import optuna
import pandas as pd
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.hparams import backend_context, list_session_groups, api_pb2
from tensorboard.util import tensor_util

sys.dont_write_bytecode = True
REPOSITORY = Path(__file__).resolve().parent.parent.parent
GENOMENAS = os.environ["GENOMENAS"]
SEARCHES = ["random-search trials=3 batch=16 name=random", "darts batch=16 epochs=[2] warm_up=[0] name=darts"]


def genomenas(*arguments):
    subprocess.run([GENOMENAS, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def table(file):
    """Rows of random bases, half of them with a motif."""
    draw = random.Random(1)
    with open(file, "w", encoding="utf-8") as out:
        print("sequence", "motif", "split", sep="\t", file=out)
        for row in range(320):
            bases = "".join(draw.choice("ACGT") for _ in range(60))
            bases = "TGACTCAG" + bases[8:] if row % 2 else bases
            split = "train" if row < 200 else "valid" if row < 260 else "test"
            print(bases, row % 2, split, sep="\t", file=out)


class Outputs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.home.cleanup)
        cls.folder = Path(cls.home.name)
        done = os.environ.get("GENOMENAS_TEST_COMPARISON")  # To try changes of this file without training anew.
        cls.comparison = Path(done) if done else cls.folder / "comparison"
        if not done:
            table(cls.folder / "table.tsv")
            store = cls.folder / "store.arrow"
            genomenas(
                "data", "import", "table", cls.folder / "table.tsv", "--task", "multi-label", "--labels", "motif",
                "--split", "split", "--out", store,
            )
            strategies = [word for search in SEARCHES for word in ("--strategy", search)]
            genomenas(
                "compare", "--data", store, "--no-control", *strategies, "--seeds", "1,2", "--budget", "960samples",
                "--space", "genomenas cells=1 channels=2 nodes=2 rnn_nodes=2", "--epochs", 2, "--batch", 16,
                "--device", "cpu", "--threads", 1, "--out", cls.comparison,
            )
        cls.database = cls.folder / "all.sqlite"
        cls.events = cls.folder / "events"
        cls.studies = cls.folder / "studies.db"
        genomenas(
            "report", cls.comparison, "--export", cls.database, "--tensorboard", cls.events, "--optuna", cls.studies,
        )
        cls.model = json.loads((cls.comparison / "comparison.json").read_text(encoding="utf-8"))
        cls.runs = [(entry["name"], run) for entry in cls.model["entries"] for run in entry["runs"]]

    def journal(self, run):
        with open(self.comparison / run["folder"] / "journal.jsonl", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def test_sqlite_holds_what_the_report_says(self):
        with sqlite3.connect(self.database) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])
            rows = database.execute("SELECT entry, seed, state, test_auroc, parameters FROM runs ORDER BY run").fetchall()
            expected = [
                (name, run["seed"], "done", run["test"]["auroc"]["mean"], run["parameters"]) for name, run in self.runs
            ]
            self.assertEqual(rows, expected)
            trials = database.execute("SELECT count(*) FROM trials WHERE entry = 'random' AND outcome = 'completed'")
            self.assertEqual(trials.fetchone(), (6,))
            worst = database.execute("SELECT max(abs(total - 1)) FROM (SELECT sum(probability) AS total FROM options "
                                     "GROUP BY run, trial, epoch, decision)").fetchone()[0]
            self.assertLess(worst, 1e-5)
            # Every column that is there is in the documentation.
            page = (REPOSITORY / "host/report/EXPORTS.md").read_text(encoding="utf-8").split("<!-- schema -->")[1]
            chapters = {part.split("`")[1]: part for part in page.split("### ")[1:]}
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            self.assertEqual(sorted(tables), sorted(chapters))
            for name in tables:
                for column in database.execute("SELECT name FROM pragma_table_info(?)", (name,)):
                    self.assertIn("| `%s` |" % column, chapters[name])

    def test_pandas_reads_the_same_from_every_kind_of_file(self):
        with sqlite3.connect(self.database) as database:
            for name in ["runs", "scores", "trials", "epochs", "options", "decisions", "entries", "comparisons"]:
                files = [self.folder / ("%s.%s" % (name, ending)) for ending in ["parquet", "csv", "jsonl"]]
                exports = [word for file in files for word in ("--export", file)]
                genomenas("report", self.comparison, *exports, "--table", name)
                parquet = pd.read_parquet(files[0])
                self.assertGreater(len(parquet), 0, name)
                others = [
                    pd.read_csv(files[1]), pd.read_json(files[2], lines=True),
                    pd.read_sql("SELECT * FROM %s" % name, database),
                ]
                for other in others:
                    self.assertEqual(list(parquet.columns), list(other.columns))
                    self.assertEqual(len(parquet), len(other))
                    for column in parquet.select_dtypes("number").columns:
                        left = pd.to_numeric(parquet[column]).fillna(-1.0)
                        right = pd.to_numeric(other[column]).fillna(-1.0)
                        self.assertTrue(((left - right).abs() < 1e-9).all(), (name, column))

    def accumulators(self):
        for name, run in self.runs:
            folder = self.events / Path(run["folder"]).relative_to("runs")
            accumulator = event_accumulator.EventAccumulator(str(folder), size_guidance={"tensors": 0})
            yield name, run, accumulator.Reload()

    def test_tensorboard_reads_scalars(self):
        for _, run, accumulator in self.accumulators():
            def values(tag):
                return [(event.step, tensor_util.make_ndarray(event.tensor_proto).item()) for event in accumulator.Tensors(tag)]

            search = [point for point in run["curve"] if point["phase"] == "search"]
            for tag, points, step in [("search", search, "samples"), ("final", run["curve"][len(search):], "epoch")]:
                read = values("%s/valid_loss" % tag)
                self.assertEqual([step for step, _ in read], [point[step] for point in points])
                for (_, value), point in zip(read, points):
                    self.assertAlmostEqual(value, point["valid_loss"], places=5)
            [(_, auroc)] = values("test/auroc")
            self.assertAlmostEqual(auroc, run["test"]["auroc"]["mean"], places=5)

    def test_tensorboard_reads_histograms_of_probabilities(self):
        for name, run, accumulator in self.accumulators():
            tags = [tag for tag in accumulator.Tags()["tensors"] if tag.startswith("probabilities/")]
            alphas = [record["report"]["alphas"] for record in self.journal(run)
                      if record["type"] == "epoch" and record.get("report", {}).get("alphas")]
            self.assertEqual(len(tags), len(alphas[0]) if alphas else 0)
            self.assertEqual(name == "darts", bool(tags))
            for tag in tags:
                events = accumulator.Tensors(tag)
                self.assertEqual(accumulator.SummaryMetadata(tag).plugin_data.plugin_name, "histograms")
                self.assertEqual(len(events), len(alphas))
                for event, then in zip(events, alphas):
                    buckets = tensor_util.make_ndarray(event.tensor_proto)
                    self.assertEqual(buckets[:, 2].sum(), len(then[tag.split("/", 1)[1]]))

    def test_tensorboard_reads_hyper_parameters(self):
        multiplexer = EventMultiplexer(tensor_size_guidance={"scalars": 0, "hparams": 0, "histograms": 0})
        multiplexer.AddRunsFromDirectory(str(self.events)).Reload()
        provider = MultiplexerDataProvider(multiplexer, str(self.events))
        context = backend_context.Context(provider)
        request = RequestContext()
        experiment = context.experiment_from_metadata(
            request, "", False, context.hparams_metadata(request, "")
        ) if hasattr(context, "hparams_metadata") else None
        if experiment is not None:
            names = {info.name for info in experiment.hparam_infos}
            self.assertTrue({"entry", "seed", "strategy"} <= names, names)
        asked = api_pb2.ListSessionGroupsRequest(
            start_index=0, slice_size=100,
            allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING, api_pb2.STATUS_UNKNOWN],
        )
        try:
            handler = list_session_groups.Handler(request, context, "", asked)
        except TypeError:  # Versions before 2.14 take the experiment first.
            handler = list_session_groups.Handler(request, context, experiment, asked)
        groups = handler.run().session_groups
        read = sorted((group.hparams["entry"].string_value, int(group.hparams["seed"].number_value)) for group in groups)
        self.assertEqual(read, sorted((name, run["seed"]) for name, run in self.runs))
        for group in groups:
            self.assertEqual([session.status for session in group.sessions], [api_pb2.STATUS_SUCCESS])
            self.assertIn("final/batch", group.hparams)

    def test_optuna_loads_every_study_with_its_trials(self):
        storage = "sqlite:///%s" % self.studies
        names = ["%s, seed %d" % (name, run["seed"]) for name, run in self.runs]
        self.assertEqual(sorted(study.study_name for study in optuna.get_all_study_summaries(storage)), sorted(names))
        for (entry, run), name in zip(self.runs, names):
            study = optuna.load_study(study_name=name, storage=storage)
            proposed = [trial for record in self.journal(run) if record["type"] == "propose"
                        for trial in record["proposal"].get("trials", [])]
            ends = [record["report"] for record in self.journal(run) if record["type"] == "end"]
            self.assertEqual(len(study.trials), len(proposed))
            self.assertEqual(study.direction, optuna.study.StudyDirection.MAXIMIZE)
            self.assertEqual(study.user_attrs["seed"], run["seed"])
            for trial, then, end in zip(study.trials, proposed, ends):
                self.assertEqual(trial.state, optuna.trial.TrialState.COMPLETE)
                self.assertAlmostEqual(trial.value, end["end"]["best"]["auroc"])
                self.assertEqual(trial.params, then["network"].get("selection", {}))
                self.assertGreaterEqual(trial.duration.total_seconds(), 0)
                self.assertEqual(trial.user_attrs["samples"], end["cost"]["samples"])
                self.assertIn(trial.value, trial.intermediate_values.values())
            self.assertEqual(study.best_value, max(trial.value for trial in study.trials))
            if entry == "random":
                self.assertEqual(len(study.trials_dataframe()), 3)
                # What Optuna adds goes on from what is there.
                study.enqueue_trial(study.best_params)
                self.assertEqual(study.ask().number, 3)


if __name__ == "__main__":
    unittest.main()
