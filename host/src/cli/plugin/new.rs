//! `genomenas plugin new`: a crate for a plugin, which builds, passes its tests and can be compared at once.

use std::env;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use genomenas_data::error::{Error, Result};

use crate::cli::out;
use crate::templates::{self, PluginName, Template, api};

/// Writes a crate for a new plugin: code that works, its tests, a README, licences and a workflow
#[derive(Args, Debug)]
#[command(
    after_help = "The crate is a folder of that name in the current one, and lies outside of every workspace. It depends on genomenas-plugin\n\
by the path of a checkout; its Cargo.toml says how to switch. WRITING_A_PLUGIN.md in the checkout is the guide.\n\n\
Examples:\n  \
genomenas plugin new my-nas\n  \
genomenas plugin new my-nas --from evolution\n  \
genomenas plugin new my-cnn --kind baseline"
)]
pub(super) struct NewArgs {
    /// The name of the crate and of the strategy, such as my-nas
    #[arg(value_name = "NAME", value_parser = PluginName::from_str)]
    name: PluginName,
    /// What the strategy is
    #[arg(long, value_enum, default_value_t = Kind::Search)]
    kind: Kind,
    /// The search to begin from [default: random]
    #[arg(long, value_enum)]
    from: Option<Beginning>,
    /// A checkout of genomenas, or its folder plugin-api [default: the checkout that this program was built from]
    #[arg(long, value_name = "DIR")]
    api: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Looks for an architecture
    Search,
    /// Has an architecture of its own, to compare with
    Baseline,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Beginning {
    /// Random search: the shortest
    Random,
    /// Regularised evolution: learns from what it trained
    Evolution,
    /// Two supernets, which learn how much each option counts
    Differentiable,
    /// Successive halving: trains many architectures briefly and few of them longer
    Halving,
}

impl NewArgs {
    fn template(&self) -> Result<Template> {
        Ok(match (self.kind, self.from) {
            (Kind::Search, None | Some(Beginning::Random)) => Template::Random,
            (Kind::Search, Some(Beginning::Evolution)) => Template::Evolution,
            (Kind::Search, Some(Beginning::Differentiable)) => Template::Differentiable,
            (Kind::Search, Some(Beginning::Halving)) => Template::Halving,
            (Kind::Baseline, None) => Template::Baseline,
            (Kind::Baseline, Some(_)) => {
                return Err(Error::input(
                    "--from names a search to begin from, and a baseline is not one: leave out --from or --kind baseline",
                ));
            }
        })
    }
}

pub(super) fn run(args: &NewArgs) -> Result<()> {
    let template = args.template()?;
    let api = api::find(args.api.as_deref())?;
    let files = template.render(&args.name, &api)?;
    templates::write(Path::new("."), &args.name, &files)?;
    out::text(&said(&args.name, template, &api))
}

/// What was written, and the commands that lead from there to a leaderboard.
fn said(name: &PluginName, template: Template, api: &Path) -> String {
    let folder = name.crate_name();
    // As cargo does. Where its configuration names another folder, the path is another one.
    let target = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"].into_iter().find_map(env::var_os);
    let target = target.map_or_else(|| Path::new(folder).join("target"), PathBuf::from);
    let library = target.join("release").join(format!("lib{}.so", name.library()));
    // What `make demo` imports.
    let demo =
        api.parent().map(|checkout| checkout.join("target/demo/yeast-mini.arrow")).filter(|store| store.is_file());
    let data = demo.as_ref().map_or_else(|| "DATA.arrow".to_owned(), |store| quoted(store));
    let program = env::args_os().next().map_or_else(|| "genomenas".to_owned(), |name| quoted(Path::new(&name)));
    let hint = if demo.is_some() {
        ""
    } else {
        "\nDATA.arrow is a store: one of yours, or what `genomenas data import` makes of your data.\n"
    };
    format!(
        "{folder}: {}. To a leaderboard from here:\n\n  \
         cargo build --release --manifest-path {folder}/Cargo.toml\n  \
         {program} compare {folder}/compare.toml --plugins {} --data {data}\n{hint}",
        template.about(),
        quoted(&library),
    )
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    shlex::try_quote(&path).map_or_else(|_| path.clone(), std::borrow::Cow::into_owned)
}
