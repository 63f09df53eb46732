//! The recurrent highway cell, all positions in one call: on the processor by one kernel, on CUDA by a product and a kernel
//! for each node and position.

#![expect(unsafe_code, reason = "calls C++")]

use std::ptr;

use genomenas_plugin::space::Function;
use tch::{Device, Kind, TchError, Tensor};

use super::{cuda, raw};

/// The functions in the order of the columns of shares: `enum Share` of kernels/cell.h.
pub(crate) const FUNCTIONS: [Function; 5] =
    [Function::Tanh, Function::Identity, Function::Sigmoid, Function::Relu, Function::Gelu];

/// A live edge into a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// The node that it enters.
    pub(crate) node: usize,
    /// The state that it reads: 0 is s₀, i + 1 is that of node i.
    pub(crate) input: usize,
    /// The functions that have a share of it: a bit each, as [`FUNCTIONS`] counts.
    pub(crate) functions: u8,
}

/// How the states are normalised over the samples of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Norm {
    None = 0,
    Batch = 1,
    Running = 2,
}

/// The running mean and variance of the states, \[H\] each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Running<'a> {
    pub(crate) mean: &'a Tensor,
    pub(crate) variance: &'a Tensor,
}

/// A pass over a cell: T positions, B samples, H channels. All tensors are float32 on one device.
#[derive(Debug)]
pub(crate) struct Highway<'a> {
    /// The input's half of the product with W₀, \[T, B, 2H\].
    pub(crate) from_input: &'a Tensor,
    /// The half of W₀ that multiplies h, \[H, 2H\].
    pub(crate) recurrent: &'a Tensor,
    /// The matrix of each node, \[H, 2H\].
    pub(crate) w: &'a [&'a Tensor],
    /// In the order of their nodes.
    pub(crate) edges: &'a [Edge],
    /// The share of each function on each edge, \[edges, 5\] with the columns of [`FUNCTIONS`].
    pub(crate) shares: &'a Tensor,
    /// The dropout of states that enter a matrix, \[B, H\].
    pub(crate) mask: Option<&'a Tensor>,
    pub(crate) norm: Norm,
    /// Read by [`Norm::Running`], updated by [`Norm::Batch`].
    pub(crate) running: Option<Running<'a>>,
    pub(crate) momentum: f64,
    pub(crate) epsilon: f64,
}

/// What runs the kernels.
#[derive(Clone, Copy, Debug)]
enum Means {
    Processor,
    Launched(raw::Launcher),
}

impl Means {
    /// What the kernels run on for tensors of this device, or nothing where there are none.
    fn on(device: Device) -> Option<Self> {
        match device {
            Device::Cpu => Some(Self::on_processor()),
            Device::Cuda(index) => cuda::launcher(index).map(Self::Launched),
            _ => None,
        }
    }

    #[cfg(not(test))]
    fn on_processor() -> Self {
        Self::Processor
    }

    #[cfg(test)]
    fn on_processor() -> Self {
        Emulated::launcher().map_or(Self::Processor, Self::Launched)
    }
}

impl Highway<'_> {
    /// Edges into a node, and nodes, up to which there is a kernel on CUDA: `MOST_EDGES` of `kernels/cell_cuda.h`.
    const MOST_EDGES: usize = 255;

    /// Whether there are kernels for a cell of tensors as `like`, of at most `widest` nodes, and edges into one of them.
    pub(crate) fn has_kernels(like: &Tensor, widest: usize) -> bool {
        let fits = like.device() == Device::Cpu || widest <= Self::MOST_EDGES;
        fits && like.kind() == Kind::Float && Means::on(like.device()).is_some()
    }

    /// The outputs of the cell, \[T, B, H\], as a function that gradients of the input's gates, all matrices and the
    /// shares flow through once.
    pub(crate) fn run(&self) -> Result<Tensor, TchError> {
        let device = self.from_input.device();
        let launcher = match Means::on(device) {
            Some(Means::Processor) => None,
            Some(Means::Launched(launcher)) => Some(launcher),
            None => return Err(TchError::Torch(format!("there are no kernels of the highway cell for {device:?}"))),
        };
        let mut rows = vec![0_i64; self.w.len()];
        for edge in self.edges {
            rows[edge.node] += 1;
        }
        let inputs: Vec<i32> = self.edges.iter().map(|edge| i32::try_from(edge.input).unwrap_or(i32::MAX)).collect();
        let functions: Vec<u8> = self.edges.iter().map(|edge| edge.functions).collect();
        let highway = raw::Highway {
            nodes: i64::try_from(self.w.len()).unwrap_or(i64::MAX),
            edges: i64::try_from(self.edges.len()).unwrap_or(i64::MAX),
            rows: rows.as_ptr(),
            inputs: inputs.as_ptr(),
            functions: functions.as_ptr(),
            norm: self.norm as i32,
            momentum: self.momentum,
            epsilon: self.epsilon,
            mask: self.mask.map_or(ptr::null(), Tensor::as_ptr),
            running_mean: self.running.map_or(ptr::null(), |running| running.mean.as_ptr()),
            running_variance: self.running.map_or(ptr::null(), |running| running.variance.as_ptr()),
        };
        let variables = [self.from_input, self.recurrent, self.shares];
        let variables: Vec<_> = variables.into_iter().chain(self.w.iter().copied()).map(Tensor::as_ptr).collect();
        let mut out = ptr::null_mut();
        // SAFETY: all pointers hold for the call, which copies what it keeps.
        raw::checked(unsafe {
            raw::genomenas_highway(
                &raw mut out,
                &raw const highway,
                variables.as_ptr(),
                variables.len(),
                launcher.as_ref().map_or(ptr::null(), ptr::from_ref),
            )
        })?;
        // SAFETY: a new tensor, which is ours.
        Ok(unsafe { Tensor::from_ptr(out) })
    }
}

/// While it lives, cells of this thread on the CPU run on the kernels for CUDA, emulated.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Emulated(std::marker::PhantomData<*const ()>);

#[cfg(test)]
thread_local! {
    /// Whether there is one, and whether in reverse.
    static EMULATED: std::cell::Cell<Option<bool>> = const { std::cell::Cell::new(None) };
}

#[cfg(test)]
impl Emulated {
    pub(crate) fn begin() -> Self {
        EMULATED.set(Some(false));
        Self(std::marker::PhantomData)
    }

    /// With the threads in reverse order.
    pub(crate) fn begin_reversed() -> Self {
        EMULATED.set(Some(true));
        Self(std::marker::PhantomData)
    }

    fn launcher() -> Option<raw::Launcher> {
        let in_reverse = EMULATED.get()?;
        let mut launcher = std::mem::MaybeUninit::uninit();
        // SAFETY: writes a whole launcher.
        unsafe { raw::genomenas_emulated(launcher.as_mut_ptr(), in_reverse.into()) };
        // SAFETY: written above.
        Some(unsafe { launcher.assume_init() })
    }
}

#[cfg(test)]
impl Drop for Emulated {
    fn drop(&mut self) {
        EMULATED.set(None);
    }
}
