//! The papers of the bundled strategies, as the README of each plugin names them. Nothing here is guessed: first names and
//! pages that no README has are left out.

/// A paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// Its key.
    pub(super) key: &'static str,
    /// `article` or `inproceedings`.
    kind: &'static str,
    /// Last names, as BibTeX separates them.
    authors: &'static str,
    title: &'static str,
    /// The journal, or the conference.
    venue: &'static str,
    volume: &'static str,
    pages: &'static str,
    year: u32,
}

impl Reference {
    /// Its entry in a BibTeX file.
    pub(super) fn bibtex(&self) -> String {
        let venue = if self.kind == "article" { "journal" } else { "booktitle" };
        let fields = [
            ("author", self.authors),
            // Braces keep the capitals.
            ("title", &format!("{{{}}}", self.title)),
            (venue, self.venue),
            ("volume", self.volume),
            ("pages", self.pages),
            ("year", &self.year.to_string()),
        ];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let fields: Vec<String> = fields.map(|(name, value)| format!("  {name} = {{{value}}}")).collect();
        format!("@{}{{{},\n{}\n}}\n", self.kind, self.key, fields.join(",\n"))
    }
}

/// The papers of a strategy of a bundled plugin; none where its README names none, or where it is another's.
pub(super) fn of(plugin: &str, strategy: &str) -> Vec<Reference> {
    let keys: &[&str] = match (plugin, strategy) {
        ("asha", "asha") => &["li2020asha"],
        ("bonas", "bonas") => &["shi2020bonas"],
        ("danq", "danq") => &["quang2016danq"],
        ("darts", "darts") => &["liu2019darts"],
        ("deepsea", "deepsea") => &["zhou2015deepsea"],
        ("deepvirfinder", "deepvirfinder") => &["ren2020deepvirfinder"],
        ("hyperband", "hyperband") => &["li2018hyperband"],
        ("local-search", "local-search") => &["white2021localsearch"],
        ("lstm", "lstm") => &["hochreiter1997lstm"],
        ("ncnet", "ncnet-rr" | "ncnet-brr") => &["zhang2019ncnet"],
        ("p-darts", "p-darts") => &["chen2019pdarts"],
        ("random-search", "random-search") => &["li2019randomsearch"],
        ("regularised-evolution", "regularised-evolution") => &["real2019evolution"],
        ("successive-halving", "successive-halving") => &["jamieson2016halving"],
        ("tpe", "tpe") => &["bergstra2011tpe", "falkner2018bohb"],
        _ => &[],
    };
    keys.iter().filter_map(|key| ALL.iter().find(|reference| reference.key == *key)).copied().collect()
}

const fn article(
    key: &'static str,
    (authors, year): (&'static str, u32),
    title: &'static str,
    (venue, volume, pages): (&'static str, &'static str, &'static str),
) -> Reference {
    Reference { key, kind: "article", authors, title, venue, volume, pages, year }
}

const fn talk(
    key: &'static str,
    (authors, year): (&'static str, u32),
    title: &'static str,
    venue: &'static str,
) -> Reference {
    Reference { key, kind: "inproceedings", authors, title, venue, volume: "", pages: "", year }
}

pub(super) const ALL: [Reference; 16] = [
    talk(
        "li2020asha",
        ("Li and Jamieson and Rostamizadeh and Gonina and Ben-tzur and Hardt and Recht and Talwalkar", 2020),
        "A System for Massively Parallel Hyperparameter Tuning",
        "MLSys",
    ),
    talk(
        "shi2020bonas",
        ("Shi and others", 2020),
        "Bridging the Gap between Sample-based and One-shot Neural Architecture Search with BO",
        "NeurIPS",
    ),
    article(
        "quang2016danq",
        ("Quang and Xie", 2016),
        "DanQ: a hybrid convolutional and recurrent deep neural network for quantifying the function of DNA sequences",
        ("Nucleic Acids Research", "44", "e107"),
    ),
    talk("liu2019darts", ("Liu and Simonyan and Yang", 2019), "DARTS: Differentiable Architecture Search", "ICLR"),
    article(
        "zhou2015deepsea",
        ("Zhou and Troyanskaya", 2015),
        "Predicting effects of noncoding variants with deep learning-based sequence model",
        ("Nature Methods", "12", "931--934"),
    ),
    article(
        "ren2020deepvirfinder",
        ("Ren and others", 2020),
        "Identifying viruses from metagenomic data using deep learning",
        ("Quantitative Biology", "8", "64--77"),
    ),
    article(
        "li2018hyperband",
        ("Li and Jamieson and DeSalvo and Rostamizadeh and Talwalkar", 2018),
        "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization",
        ("JMLR", "18", ""),
    ),
    talk(
        "white2021localsearch",
        ("White and Nolen and Savani", 2021),
        "Exploring the Loss Landscape in Neural Architecture Search",
        "UAI",
    ),
    article(
        "hochreiter1997lstm",
        ("Hochreiter and Schmidhuber", 1997),
        "Long short-term memory",
        ("Neural Computation", "9", "1735--1780"),
    ),
    article(
        "zhang2019ncnet",
        ("Zhang and Hung and Liu and Hu and Lin", 2019),
        "NCNet: Deep Learning Network Models for Predicting Function of Non-coding DNA",
        ("Frontiers in Genetics", "10", "432"),
    ),
    talk(
        "chen2019pdarts",
        ("Chen and Xie and Wu and Tian", 2019),
        "Progressive Differentiable Architecture Search",
        "ICCV",
    ),
    talk(
        "li2019randomsearch",
        ("Li and Talwalkar", 2019),
        "Random Search and Reproducibility for Neural Architecture Search",
        "UAI",
    ),
    talk(
        "real2019evolution",
        ("Real and Aggarwal and Huang and Le", 2019),
        "Regularized Evolution for Image Classifier Architecture Search",
        "AAAI",
    ),
    talk(
        "jamieson2016halving",
        ("Jamieson and Talwalkar", 2016),
        "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
        "AISTATS",
    ),
    talk(
        "bergstra2011tpe",
        ("Bergstra and Bardenet and Bengio and K{\\'e}gl", 2011),
        "Algorithms for Hyper-Parameter Optimization",
        "NeurIPS",
    ),
    talk("falkner2018bohb", ("Falkner and Klein and Hutter", 2018), "BOHB", "ICML"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_paper_is_of_a_strategy_and_has_a_key_of_its_own() {
        let keys: BTreeSet<&str> = ALL.iter().map(|reference| reference.key).collect();
        assert_eq!(keys.len(), ALL.len());
        let strategies = [
            "asha",
            "bonas",
            "danq",
            "darts",
            "deepsea",
            "deepvirfinder",
            "hyperband",
            "local-search",
            "lstm",
            "p-darts",
            "random-search",
            "regularised-evolution",
            "successive-halving",
            "tpe",
        ];
        let cited = strategies.into_iter().map(|id| (id, id)).chain([("ncnet", "ncnet-rr")]);
        let cited: BTreeSet<&str> =
            cited.flat_map(|(plugin, strategy)| of(plugin, strategy)).map(|reference| reference.key).collect();
        assert_eq!(cited, keys);
        assert!(of("cwp-darts", "cwp-darts").is_empty());
    }

    #[test]
    fn an_entry_is_bibtex() {
        insta::assert_snapshot!(ALL[14].bibtex(), @r"
        @inproceedings{bergstra2011tpe,
          author = {Bergstra and Bardenet and Bengio and K{\'e}gl},
          title = {{Algorithms for Hyper-Parameter Optimization}},
          booktitle = {NeurIPS},
          year = {2011}
        }
        ");
    }
}
