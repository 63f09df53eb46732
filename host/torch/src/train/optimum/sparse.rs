//! Matrices most of whose values are 0, such as counts of words and bases by position.

use genomenas_data::error::{Error, Result};

/// A matrix of rows, without its zeros.
#[derive(Debug)]
pub(super) struct Sparse {
    /// Columns of the matrix.
    pub(super) width: usize,
    /// Where each row begins among the values, and where the last one ends.
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Sparse {
    /// A matrix of `width` columns without rows.
    pub(super) fn new(width: usize) -> Self {
        Self { width, starts: vec![0], columns: Vec::new(), values: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// It has more columns than can be counted.
    pub(super) fn push(&mut self, row: &[f32]) -> Result<()> {
        for (column, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            self.columns.push(u32::try_from(column).map_err(|_| Error::failed("a row of more than 2^32 values"))?);
            self.values.push(value);
        }
        self.starts.push(self.values.len());
        Ok(())
    }

    /// Rows of the matrix.
    pub(super) fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Values that are not 0.
    pub(super) fn values(&self) -> usize {
        self.values.len()
    }

    /// The mean of each column.
    pub(super) fn means(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        for (&column, &value) in self.columns.iter().zip(&self.values) {
            sums[column as usize] += f64::from(value);
        }
        let rows = self.rows().max(1) as f64;
        for sum in &mut sums {
            *sum /= rows;
        }
        sums
    }

    /// The matrix with rows and columns exchanged.
    pub(super) fn transposed(&self) -> Self {
        let mut starts = vec![0; self.width + 1];
        for &column in &self.columns {
            starts[column as usize + 1] += 1;
        }
        for column in 0..self.width {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let (mut columns, mut values) = (vec![0; self.values.len()], vec![0.0; self.values.len()]);
        for row in 0..self.rows() {
            let range = self.starts[row]..self.starts[row + 1];
            for (&column, &value) in self.columns[range.clone()].iter().zip(&self.values[range]) {
                let place = &mut next[column as usize];
                // As many rows as a split has, which are fewer than 2^32.
                columns[*place] = u32::try_from(row).unwrap_or(u32::MAX);
                values[*place] = value;
                *place += 1;
            }
        }
        Self { width: self.rows(), starts, columns, values }
    }

    /// The product with a dense matrix of [`width`](Self::width) rows and `outputs` columns, row by row. Each row is summed
    /// in order, so the result does not depend on the number of threads.
    pub(super) fn times(&self, dense: &[f64], outputs: usize, threads: usize) -> Vec<f64> {
        let mut product = vec![0.0; self.rows() * outputs];
        let share = self.rows().div_ceil(threads.max(1)).max(1);
        let part = |at: usize, product: &mut [f64]| {
            for (row, sums) in product.chunks_exact_mut(outputs).enumerate() {
                let row = at * share + row;
                let range = self.starts[row]..self.starts[row + 1];
                for (&column, &value) in self.columns[range.clone()].iter().zip(&self.values[range]) {
                    let from = column as usize * outputs;
                    let value = f64::from(value);
                    for (sum, factor) in sums.iter_mut().zip(&dense[from..from + outputs]) {
                        *sum += value * factor;
                    }
                }
            }
        };
        let parts = product.chunks_mut(share * outputs).enumerate();
        if threads <= 1 {
            parts.for_each(|(at, product)| part(at, product));
        } else {
            std::thread::scope(|scope| parts.for_each(|(at, product)| _ = scope.spawn(move || part(at, product))));
        }
        product
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: &[&[f32]]) -> Sparse {
        let mut matrix = Sparse::new(rows[0].len());
        for row in rows {
            matrix.push(row).unwrap();
        }
        matrix
    }

    #[test]
    fn products_are_those_of_the_whole_matrix_with_any_number_of_threads() {
        let matrix = matrix(&[&[0.0, 2.0, 0.0], &[0.0, 0.0, 0.0], &[1.0, 0.0, 3.0], &[0.0, 0.0, 5.0]]);
        assert_eq!((matrix.rows(), matrix.values(), matrix.means()), (4, 4, vec![0.25, 0.5, 2.0]));
        for threads in [1, 2, 3, 9] {
            let dense = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0];
            assert_eq!(matrix.times(&dense, 2, threads), [4.0, 40.0, 0.0, 0.0, 10.0, 100.0, 15.0, 150.0]);
            assert_eq!(matrix.transposed().times(&[1.0, 1.0, 2.0, 3.0], 1, threads), [2.0, 2.0, 21.0]);
        }
    }
}
