//! The strategy that is checked, and the run on which most checks look at it.

use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Map, Value};

use super::course::{Course, Reload, Treatment, equal};
use super::reach::{Reach, Wired, is_lost, is_refusal};
use super::worlds::{self, World};
use crate::message::{StrategyInfo, StrategyKind};
use crate::simulate::Simulation;
use crate::{Error, Result};

/// How long a call may take before a strategy counts as slow.
const SLOW: Duration = Duration::from_secs(10);

/// Why a check of other spaces is not made where the caller chose one.
pub(super) const ONE_RUN: &str = "this is about one run: `check_registered` looks at others, too";

/// A strategy that is checked.
pub struct Subject<'a> {
    pub(super) reach: &'a dyn Reach,
    pub(super) kind: StrategyKind,
    /// What its manifest says, where it is known.
    pub(super) info: Option<StrategyInfo>,
    /// The run on which most checks look at it.
    pub(super) home: Simulation,
    /// The shortest windows that a baseline must fit, where its author said so.
    pub(super) shortest: Option<usize>,
    /// How long a call may take.
    pub(super) slow: Duration,
    /// Runs that several checks build upon.
    plain: OnceLock<Result<Course>>,
    again: OnceLock<Result<()>>,
    reloaded: OnceLock<Result<()>>,
    several: OnceLock<Result<Course>>,
    long: OnceLock<Result<Long>>,
}

/// What was seen over many calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Long {
    /// How many they were.
    pub(super) calls: usize,
    /// How long the slowest took, and which hook that was.
    pub(super) slowest: Duration,
    pub(super) hook: &'static str,
    /// By how many bytes its process grew, where that is known.
    pub(super) grown: Option<u64>,
}

impl<'a> Subject<'a> {
    /// A strategy on a run of the caller's.
    pub fn on(reach: &'a dyn Reach, kind: StrategyKind, home: Simulation) -> Self {
        Self {
            reach,
            kind,
            info: None,
            home,
            shortest: None,
            slow: SLOW,
            plain: OnceLock::new(),
            again: OnceLock::new(),
            reloaded: OnceLock::new(),
            several: OnceLock::new(),
            long: OnceLock::new(),
        }
    }

    /// A strategy as its manifest describes it, with these parameters, on the first of the kit's spaces that it does not
    /// refuse.
    ///
    /// # Errors
    ///
    /// It refuses all of them, or was lost: the words of the first.
    pub fn new(reach: &'a dyn Reach, info: &StrategyInfo, parameters: &Map<String, Value>) -> Result<Self> {
        let home = home(reach, info, parameters)?;
        Ok(Self { info: Some(info.clone()), ..Self::on(reach, info.kind, home) })
    }

    /// The same, where a call that takes longer than this is slow.
    #[must_use]
    pub fn slow(self, slow: Duration) -> Self {
        Self { slow, ..self }
    }

    /// The same, a baseline that fits windows of so many bases and more.
    #[must_use]
    pub(super) fn shortest(self, shortest: usize) -> Self {
        Self { shortest: Some(shortest), ..self }
    }

    /// The run as it is.
    pub(super) fn plain(&self) -> Result<&Course> {
        cached(&self.plain, || Course::of(self.reach, &self.home, &Treatment::default()))
    }

    /// The run with three trials at once.
    pub(super) fn several(&self) -> Result<&Course> {
        cached(&self.several, || Course::of(self.reach, &self.home.clone().slots(3), &Treatment::default()))
    }

    /// That the run comes out the same a second time.
    pub(super) fn again(&self) -> Result<()> {
        cached(&self.again, || {
            let again = Course::of(self.reach, &self.home, &Treatment::default())?;
            equal(&self.plain()?.answers, &again.answers)
        })
        .copied()
    }

    /// That the run comes out the same through fresh instances.
    pub(super) fn reloaded(&self) -> Result<()> {
        cached(&self.reloaded, || {
            let treatment = Treatment { reload: Reload::Often, ..Treatment::default() };
            equal(&self.plain()?.answers, &Course::of(self.reach, &self.home, &treatment)?.answers)
        })
        .copied()
    }

    /// Many calls.
    pub(super) fn long(&self, make: impl FnOnce(&Self) -> Result<Long>) -> Result<&Long> {
        cached(&self.long, || make(self))
    }

    /// A run on another world.
    pub(super) fn at(&self, world: &World) -> Simulation {
        world.simulation.clone().parameters(&self.home.setup.parameters).seed(self.home.setup.seed)
    }
}

fn cached<T>(cell: &OnceLock<Result<T>>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    cell.get_or_init(make).as_ref().map_err(Clone::clone)
}

/// The run on the first of the kit's spaces that a strategy with these parameters does not refuse.
///
/// # Errors
///
/// It refuses all of them, or was lost: the words of the first.
pub(in crate::simulate) fn home(
    reach: &dyn Reach,
    info: &StrategyInfo,
    parameters: &Map<String, Value>,
) -> Result<Simulation> {
    let mut first = None;
    for world in worlds::homes()? {
        let home = world.simulation.parameters(parameters);
        match first_answer(reach, &home) {
            Ok(()) => return Ok(home),
            Err(error) if is_refusal(&error) => _ = first.get_or_insert((world.name, error)),
            Err(error) => return Err(error),
        }
    }
    Err(first.map_or_else(
        || Error::new("there is no space to check it on"),
        |(name, error)| error.context(format!("strategy '{}' refuses every space of the kit, {name} so", info.id)),
    ))
}

/// That it is made and answers, so that a refusal in words is known before anything else is judged.
pub(super) fn first_answer(reach: &dyn Reach, simulation: &Simulation) -> Result<()> {
    let mut instance = Wired::new(reach.open(&serde_json::to_vec(&simulation.setup)?)?);
    crate::Instance::propose(&mut instance, &simulation.first_ask()).map(|_| ())
}

/// Whether a strategy refuses a run in words before it proposed anything; `None` where it does not.
///
/// # Errors
///
/// It was lost.
pub(in crate::simulate) fn refused(reach: &dyn Reach, simulation: &Simulation) -> Result<Option<String>> {
    match first_answer(reach, simulation) {
        Err(error) if is_refusal(&error) => Ok(Some(error.message)),
        Err(error) if is_lost(&error) => Err(error),
        // Of another error a run will tell.
        Ok(()) | Err(_) => Ok(None),
    }
}
