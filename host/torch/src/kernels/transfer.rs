//! Values of the program as tensors on the device.

#![expect(unsafe_code, reason = "calls C++")]

use std::ptr;

use tch::{Device, TchError, Tensor};

use super::raw;

/// `values` as a tensor of this shape on `device`.
///
/// To a GPU they go through pinned memory, on a stream of their own, and nothing waits for them but what computes with
/// them.
///
/// # Errors
///
/// The shape is not that of the values, the device is not there, or memory is short.
pub(crate) fn to_device(values: &[f32], shape: &[i64], device: Device) -> Result<Tensor, TchError> {
    let Device::Cuda(index) = device else {
        return Tensor::f_from_slice(values)?.f_reshape(shape)?.f_to_device(device);
    };
    let size = shape.iter().try_fold(1_usize, |size, &side| size.checked_mul(usize::try_from(side).ok()?));
    if size != Some(values.len()) {
        return Err(TchError::Shape(format!("{} values do not fill {shape:?}", values.len())));
    }
    let index = i32::try_from(index).unwrap_or(i32::MAX);
    let mut out = ptr::null_mut();
    // SAFETY: as many values as the shape has, which are copied before the call returns.
    raw::checked(unsafe {
        raw::genomenas_to_device(&raw mut out, values.as_ptr(), shape.as_ptr(), shape.len(), index)
    })?;
    // SAFETY: a new tensor, which is ours.
    Ok(unsafe { Tensor::from_ptr(out) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_order_and_take_the_shape() {
        let device = Device::cuda_if_available();
        let tensor = to_device(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3], device).unwrap();
        assert_eq!((tensor.size(), tensor.device()), (vec![2, 3], device));
        assert_eq!((tensor.double_value(&[0, 2]), tensor.double_value(&[1, 0])), (3.0, 4.0));
    }

    #[test]
    fn values_that_do_not_fill_the_shape_are_refused() {
        for device in [Device::Cpu, Device::Cuda(0)] {
            assert!(to_device(&[1.0, 2.0], &[3], device).is_err(), "{device:?}");
        }
    }

    #[test]
    fn a_device_that_is_not_there_is_an_error() {
        for index in [100, usize::MAX] {
            assert!(to_device(&[1.0], &[1], Device::Cuda(index)).is_err());
        }
    }
}
