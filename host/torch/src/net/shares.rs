//! The alphas of a supernet, and how much each option counts in one forward pass.

use std::collections::BTreeMap;

use genomenas_plugin::message::{Alphas, OptionWeight};
use genomenas_plugin::space::Decision;
use tch::{Device, Kind, Tensor};

use super::blend::Blend;
use super::mode::Mode;
use super::weights::{Declared, Draw, Part, WeightId, Weights};
use crate::error::{Error, Result};
use crate::kernels::to_device;

/// The standard deviation of initial alphas, from the reference.
const DEVIATION: f64 = 1e-3;

/// Which option of which decision, by position.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptionId {
    decision: usize,
    option: usize,
}

/// How much an option counts in one forward pass.
#[derive(Debug)]
pub(super) enum Share {
    /// It is not computed.
    Nothing,
    /// It counts 1.
    Whole,
    /// It counts as much as this scalar tensor says.
    Part(Tensor),
}

/// The share of every option in one forward pass.
#[derive(Debug)]
pub(super) struct Shares(Vec<Vec<Share>>);

impl Shares {
    pub(super) fn of(&self, id: OptionId) -> &Share {
        &self.0[id.decision][id.option]
    }

    pub(super) fn is_computed(&self, id: OptionId) -> bool {
        !matches!(self.of(id), Share::Nothing)
    }
}

/// The decisions of a supernet with their alphas.
#[derive(Debug)]
pub(super) struct Choices(Vec<(Decision, WeightId)>);

impl Choices {
    /// Declares the alphas of all decisions, including those that no layer reads.
    pub(super) fn declare(decisions: &[Decision], declared: &mut Declared) -> Self {
        let declare = |decision: &Decision| {
            let name = format!("alphas.{}", decision.id);
            let alphas = declared.named_values(name, &decision.options, Part::Arch, Draw::Normal(DEVIATION));
            (decision.clone(), alphas)
        };
        Self(decisions.iter().map(declare).collect())
    }

    /// The options of a decision with their names.
    pub(super) fn options(&self, decision: &str) -> Result<impl Iterator<Item = (OptionId, &str)>> {
        let (at, (decision, _)) =
            self.0.iter().enumerate().find(|(_, (other, _))| other.id == decision).ok_or_else(|| {
                Error::input(format!("a layer names decision '{decision}', which the supernet does not have"))
            })?;
        let options = decision.options.iter().enumerate();
        Ok(options.map(move |(option, name)| (OptionId { decision: at, option }, name.as_str())))
    }

    /// One option by name.
    pub(super) fn find(&self, decision: &str, option: &str) -> Result<OptionId> {
        self.options(decision)?.find(|&(_, name)| name == option).map(|(id, _)| id).ok_or_else(|| {
            Error::input(format!("a layer names option '{option}', which decision '{decision}' does not have"))
        })
    }

    /// How much each option counts in a pass of this mode.
    pub(super) fn shares(&self, weights: &Weights, mode: &Mode) -> Result<Shares> {
        // All decisions' noise in one copy.
        let all_noise = match &mode.blend {
            Blend::Gumbel { noise, .. } => {
                let length = i64::try_from(noise.len()).unwrap_or(i64::MAX);
                Some(to_device(noise, &[length], weights.flat(Part::Arch).device())?)
            }
            _ => None,
        };
        let mut noise_at = 0;
        let mut of = |at: usize, (decision, alphas): &(Decision, WeightId)| -> Result<Vec<Share>> {
            let options = decision.options.len();
            let alphas = weights.get(*alphas);
            let alphas = if mode.learn_alphas { alphas.shallow_clone() } else { alphas.f_detach()? };
            match &mode.blend {
                Blend::Softmax => learned(&alphas),
                Blend::Gumbel { temperature, .. } => {
                    let own = i64::try_from(options).unwrap_or(i64::MAX);
                    let left = all_noise.as_ref().filter(|noise| noise.size()[0] - noise_at >= own);
                    let noise = left.ok_or_else(|| self.misfit("noise"))?.f_narrow(0, noise_at, own)?;
                    noise_at += own;
                    learned(&alphas.f_add(&noise)?.f_div_scalar(*temperature)?)
                }
                Blend::Sum => Ok((0..options).map(|_| Share::Whole).collect()),
                Blend::Chosen(chosen) => {
                    let chosen = chosen.get(at).ok_or_else(|| self.misfit("chosen options"))?;
                    let share = 1.0 / chosen.len() as f64;
                    let mut shares: Vec<Share> = (0..options).map(|_| Share::Nothing).collect();
                    for &option in chosen {
                        *shares.get_mut(option).ok_or_else(|| self.misfit("chosen options"))? = if chosen.len() == 1 {
                            Share::Whole
                        } else {
                            Share::Part(Tensor::f_full([0_i64; 0], share, (Kind::Float, alphas.device()))?)
                        };
                    }
                    Ok(shares)
                }
            }
        };
        self.0.iter().enumerate().map(|(at, decision)| of(at, decision)).collect::<Result<_>>().map(Shares)
    }

    /// The alphas as they are, for a report.
    pub(super) fn report(&self, weights: &Weights) -> Result<Alphas> {
        let flat = weights.flat(Part::Arch).f_to_device(Device::Cpu)?;
        let mut rest = Vec::<f32>::try_from(&flat)?.into_iter().map(f64::from);
        let mut of = |decision: &Decision| {
            let alphas: Vec<f64> = rest.by_ref().take(decision.options.len()).collect();
            let largest = alphas.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = alphas.iter().map(|alpha| (alpha - largest).exp()).sum();
            let weight = |alpha: f64| OptionWeight { alpha, probability: (alpha - largest).exp() / sum };
            decision.options.iter().cloned().zip(alphas.into_iter().map(weight)).collect::<BTreeMap<_, _>>()
        };
        Ok(Alphas(self.0.iter().map(|(decision, _)| (decision.id.clone(), of(decision))).collect()))
    }

    fn misfit(&self, what: &str) -> Error {
        Error::failed(format!("the {what} of this pass do not fit the supernet's {} decisions", self.0.len()))
    }
}

/// The softmax of one decision's logits, option by option.
fn learned(logits: &Tensor) -> Result<Vec<Share>> {
    Ok(logits.f_softmax(0, Kind::Float)?.f_unbind(0)?.into_iter().map(Share::Part).collect())
}
