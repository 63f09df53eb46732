//! What scikit-learn 1.9.1 (numpy 2.4.6) says about a few small inputs, held to 1e-9.
//!
//! Made once with `roc_auc_score(t, s)`, `average_precision_score(t, s)` and
//! `f1_score(t, s > 0.5, zero_division=0)` on the literals below as `float32`; the two large inputs follow the
//! formula of [`large`], evaluated with numpy's `uint64`.

use super::Collector;

struct Golden {
    name: &'static str,
    scores: &'static [f32],
    truth: &'static [f32],
    auroc: f64,
    auprc: f64,
    f1: f64,
}

const GOLDEN: &[Golden] = &[
    Golden {
        name: "random",
        scores: &[
            0.625, 0.897, 0.776, 0.225, 0.3, 0.874, 0.005, 0.821, 0.797, 0.468, 0.303, 0.278, 0.255, 0.445, 0.505,
            0.553,
        ],
        truth: &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        auroc: 0.763_636_363_636_363_7,
        auprc: 0.580_952_380_952_380_9,
        f1: 0.615_384_615_384_615_4,
    },
    Golden {
        name: "tied",
        scores: &[0.0, 0.25, 0.75, 0.25, 0.25, 0.0, 0.75, 0.25, 0.25, 1.0, 0.5, 0.75, 0.75, 0.75, 0.0, 0.5, 0.5, 0.75],
        truth: &[1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
        auroc: 0.376_543_209_876_543_2,
        auprc: 0.453_968_253_968_254,
        f1: 0.375,
    },
    Golden {
        name: "constant",
        scores: &[0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3],
        truth: &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
        auroc: 0.5,
        auprc: 0.285_714_285_714_285_7,
        f1: 0.0,
    },
    Golden {
        name: "constant above the threshold",
        scores: &[0.75, 0.75, 0.75, 0.75, 0.75],
        truth: &[1.0, 0.0, 0.0, 1.0, 0.0],
        auroc: 0.5,
        auprc: 0.4,
        f1: 0.571_428_571_428_571_4,
    },
    Golden {
        name: "perfect",
        scores: &[0.1, 0.2, 0.8, 0.9],
        truth: &[0.0, 0.0, 1.0, 1.0],
        auroc: 1.0,
        auprc: 1.0,
        f1: 1.0,
    },
    Golden {
        name: "inverted",
        scores: &[0.9, 0.8, 0.2, 0.1],
        truth: &[0.0, 0.0, 1.0, 1.0],
        auroc: 0.0,
        auprc: 0.416_666_666_666_666_63,
        f1: 0.0,
    },
    Golden {
        name: "exactly at the threshold",
        scores: &[0.5, 0.5, 0.500_001, 0.1],
        truth: &[1.0, 0.0, 1.0, 0.0],
        auroc: 0.875,
        auprc: 0.833_333_333_333_333_3,
        f1: 0.666_666_666_666_666_6,
    },
    Golden {
        name: "both zeros",
        scores: &[0.0, -0.0, 0.0, -0.0, 0.2],
        truth: &[1.0, 0.0, 0.0, 1.0, 0.0],
        auroc: 0.333_333_333_333_333_37,
        auprc: 0.4,
        f1: 0.0,
    },
    Golden {
        name: "one positive, last",
        scores: &[0.6, 0.5, 0.4, 0.3, 0.3, 0.2],
        truth: &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        auroc: 0.0,
        auprc: 0.166_666_666_666_666_66,
        f1: 0.0,
    },
];

#[track_caller]
fn assert_close(what: &str, value: Option<f64>, expected: f64) {
    let value = value.unwrap();
    assert!((value - expected).abs() < 1e-9, "{what}: {value} is not {expected}");
}

fn assert_golden(golden: &Golden) {
    let mut collector = Collector::new(1, golden.scores.len()).unwrap();
    collector.push(golden.scores, golden.truth).unwrap();
    let metrics = collector.finish(&["label".to_owned()], 1).unwrap();
    assert_close(golden.name, metrics.auroc.mean, golden.auroc);
    assert_close(golden.name, metrics.auprc.mean, golden.auprc);
    assert_close(golden.name, metrics.f1.mean, golden.f1);
}

#[test]
fn random_tied_constant_and_degenerate_scores_measure_as_in_scikit_learn() {
    for golden in GOLDEN {
        assert_golden(golden);
    }
}

/// 5000 rows whose scores have `steps` values, and whose truth is likelier at higher scores.
fn large(steps: u64) -> (Vec<f32>, Vec<f32>) {
    let next = |state: u64| (state * 1_103_515_245 + 12_345) % (1 << 31);
    (0..5000_u64)
        .map(|row| {
            let step = next(next(row)) / ((1 << 31) / steps);
            let hash = (row * 2_654_435_761 % (1 << 32)) >> 16;
            let truth = f32::from(hash < step * (65_536 / steps) / 5);
            (step as f32 / steps as f32, truth)
        })
        .unzip()
}

#[test]
fn thousands_of_rows_measure_as_in_scikit_learn() {
    for (name, steps, [auroc, auprc, f1]) in [
        ("fine", 65_536, [0.682_826_820_386_833_7, 0.168_224_348_733_004_51, 0.248_165_443_629_085_06]),
        ("coarse", 16, [0.694_634_822_225_353_2, 0.161_316_752_737_354_44, 0.246_894_994_354_535_19]),
    ] {
        let (scores, truth) = large(steps);
        let mut collector = Collector::new(1, scores.len()).unwrap();
        collector.push(&scores, &truth).unwrap();
        let metrics = collector.finish(&[name.to_owned()], 1).unwrap();
        assert_close(name, metrics.auroc.mean, auroc);
        assert_close(name, metrics.auprc.mean, auprc);
        assert_close(name, metrics.f1.mean, f1);
    }
}

/// As `roc_auc_score(y == k, s[:, k])`, `f1_score(y, s.argmax(1), average=None)`, `accuracy_score`.
#[test]
fn classes_measure_one_against_the_rest_as_in_scikit_learn() {
    let scores = [
        [4.0, 9.0, 9.0],
        [2.0, 1.0, 7.0],
        [1.0, 3.0, 5.0],
        [2.0, 4.0, 4.0],
        [5.0, 2.0, 8.0],
        [8.0, 5.0, 9.0],
        [6.0, 9.0, 9.0],
        [6.0, 3.0, 2.0],
        [6.0, 2.0, 7.0],
        [9.0, 3.0, 5.0],
    ];
    let mut collector = Collector::multi_class(3, 10).unwrap();
    collector.push_classes(scores.as_flattened(), &[0, 0, 1, 2, 2, 1, 1, 1, 0, 1]).unwrap();
    let metrics = collector.finish(&["a", "b", "c"].map(str::to_owned), 2).unwrap();
    assert_close("accuracy", metrics.accuracy, 0.2);
    let auroc = [0.357_142_857_142_857_15, 0.7, 0.375];
    let auprc = [0.273_015_873_015_873, 0.661_904_761_904_761_9, 0.236_111_111_111_111_1];
    let f1 = [0.0, 0.25, 0.285_714_285_714_285_7];
    for (label, measured) in metrics.labels.iter().enumerate() {
        assert_close(&measured.name, measured.auroc, auroc[label]);
        assert_close(&measured.name, measured.auprc, auprc[label]);
        assert_close(&measured.name, measured.f1, f1[label]);
    }
    assert_close("macro F1", metrics.f1.mean, 0.178_571_428_571_428_58);
}
