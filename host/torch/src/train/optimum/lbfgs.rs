//! Minimising a smooth function by L-BFGS (Liu & Nocedal 1989), each step of a length that meets the weak conditions of
//! Wolfe, found by bisection (Lewis & Overton 2013, algorithm 4.6).

use std::collections::VecDeque;

use crate::error::Result;

/// Steps that the curvature is known from.
const MEMORY: usize = 10;
/// The part of the promised decrease that a step must have, and the part of the slope that may be left after it.
const DECREASE: f64 = 1e-4;
const SLOPE: f64 = 0.9;
/// Lengths that are tried for a step.
const LENGTHS: usize = 40;

/// A point, its value and its gradient.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) at: Vec<f64>,
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
}

/// A minimisation under way.
#[derive(Debug)]
pub(super) struct Lbfgs {
    pub(super) point: Point,
    pairs: VecDeque<Pair>,
}

/// A step, and how the gradient changed over it.
#[derive(Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// The product of both.
    curvature: f64,
}

impl Lbfgs {
    /// From this point on.
    pub(super) const fn from(point: Point) -> Self {
        Self { point, pairs: VecDeque::new() }
    }

    /// Takes a step. Returns whether there was one that lowers the value: there is none at the minimum, as near as numbers
    /// can tell.
    pub(super) fn step(&mut self, point_at: &mut dyn FnMut(Vec<f64>) -> Result<Point>) -> Result<bool> {
        let direction = self.direction();
        let slope = dot(&self.point.gradient, &direction);
        // Also where it is not a number.
        let falls = slope < 0.0;
        if !falls {
            return Ok(false);
        }
        let (mut low, mut high, mut length) = (0.0, f64::INFINITY, 1.0);
        let mut lower = None;
        for _ in 0..LENGTHS {
            let mut at = self.point.at.clone();
            add(&mut at, length, &direction);
            let next = point_at(at)?;
            let falls = next.value <= self.point.value + DECREASE * length * slope;
            let flat = dot(&next.gradient, &direction) >= SLOPE * slope;
            if falls {
                lower = Some(next);
            }
            match (falls, flat) {
                (true, true) => break,
                (true, false) => low = length,
                // Also where the value is not a number.
                (false, _) => high = length,
            }
            length = if high.is_finite() { f64::midpoint(low, high) } else { 2.0 * length };
        }
        let Some(next) = lower else { return Ok(false) };
        self.remember(&next);
        self.point = next;
        Ok(true)
    }

    /// Where the value falls, as far as one step of Newton's method would go.
    fn direction(&self) -> Vec<f64> {
        let mut direction: Vec<f64> = self.point.gradient.iter().map(|value| -value).collect();
        let Some(last) = self.pairs.back() else {
            // Nothing is known of the curvature yet.
            let norm = dot(&direction, &direction).sqrt();
            for value in &mut direction {
                *value /= norm.max(1.0);
            }
            return direction;
        };
        let mut factors = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let factor = dot(&pair.step, &direction) / pair.curvature;
            add(&mut direction, -factor, &pair.change);
            factors.push(factor);
        }
        let scale = last.curvature / dot(&last.change, &last.change);
        for value in &mut direction {
            *value *= scale;
        }
        for (pair, factor) in self.pairs.iter().zip(factors.iter().rev()) {
            let other = dot(&pair.change, &direction) / pair.curvature;
            add(&mut direction, factor - other, &pair.step);
        }
        direction
    }

    fn remember(&mut self, next: &Point) {
        let difference = |of: &[f64], from: &[f64]| of.iter().zip(from).map(|(of, from)| of - from).collect::<Vec<_>>();
        let (step, change) = (difference(&next.at, &self.point.at), difference(&next.gradient, &self.point.gradient));
        let curvature = dot(&step, &change);
        // On a flat piece it is what rounding leaves.
        if curvature > f64::EPSILON * dot(&change, &change) {
            if self.pairs.len() == MEMORY {
                self.pairs.pop_front();
            }
            self.pairs.push_back(Pair { step, change, curvature });
        }
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Adds `factor` times `other`.
fn add(values: &mut [f64], factor: f64, other: &[f64]) {
    values.iter_mut().zip(other).for_each(|(value, other)| *value += factor * other);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minimises from zero, and returns the steps and the point.
    fn minimised(size: usize, mut function: impl FnMut(&[f64]) -> (f64, Vec<f64>)) -> (usize, Vec<f64>) {
        let mut point_at = |at: Vec<f64>| {
            let (value, gradient) = function(&at);
            Ok(Point { at, value, gradient })
        };
        let mut search = Lbfgs::from(point_at(vec![0.0; size]).unwrap());
        let mut steps = 0;
        while steps < 500 && search.step(&mut point_at).unwrap() {
            steps += 1;
        }
        (steps, search.point.at)
    }

    #[test]
    fn a_narrow_valley_is_followed_to_its_lowest_point() {
        // Curvatures from 1 to 10,000.
        let (steps, at) = minimised(5, |at| {
            let terms = || {
                at.iter().enumerate().map(|(place, value)| (10_f64.powi(i32::try_from(place).unwrap()), value - 3.0))
            };
            let value = terms().map(|(scale, off)| scale * off * off).sum();
            (value, terms().map(|(scale, off)| 2.0 * scale * off).collect())
        });
        assert!(at.iter().all(|value| (value - 3.0).abs() < 1e-6), "{at:?} after {steps}");
        assert!(steps < 100, "{steps} steps");
    }

    #[test]
    fn a_minimum_far_away_on_a_steep_slope_is_found() {
        // The logarithm of the mean of counts of a million.
        let (_, at) = minimised(1, |at| (at[0].exp() - 1e6 * at[0], vec![at[0].exp() - 1e6]));
        assert!((at[0] - 1e6_f64.ln()).abs() < 1e-6, "{at:?}");
    }

    #[test]
    fn there_is_no_step_from_the_minimum() {
        assert_eq!(minimised(2, |at| (at[0] * at[0] + at[1] * at[1], vec![2.0 * at[0], 2.0 * at[1]])).0, 0);
    }
}
