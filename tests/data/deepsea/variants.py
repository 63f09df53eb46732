"""Writes `variants/`: the same twelve made-up samples as a train.mat in every form of HDF5 that the importer reads.

    python -m venv venv && venv/bin/pip install numpy h5py scipy && venv/bin/python variants.py

`samples.txt` holds them as text: the sequence, a tab, the labels. The second six are the reverse complements of the
first. `valid.mat` and `test.mat` hold the same samples as MATLAB 5, by SciPy.
"""

from pathlib import Path

import h5py
import numpy as np
from scipy.io import savemat

LENGTH, LABELS, HALF = 30, 5, 6
FOLDER = Path(__file__).parent / "variants"
random = np.random.default_rng(3)

letters = np.array(list("ACGT"))
sequences = ["".join(row) for row in letters[random.integers(0, 4, (HALF, LENGTH))]]
sequences[2] = "NN" + sequences[2][2:-1] + "N"
sequences += [s[::-1].translate(str.maketrans("ACGT", "TGCA")) for s in sequences]
labels = random.integers(0, 2, (HALF, LABELS), dtype=np.uint8)
labels = np.concatenate([labels, labels])
bases = np.array([[[letter == channel for letter in s] for channel in "AGCT"] for s in sequences], np.uint8)
# HDF5 has the axes the other way round: position, channel, sample and label, sample.
x, y = bases.transpose(2, 1, 0).copy(), labels.T.copy()


def matlab_header(path):
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, made by h5py".ljust(116) + bytes(8) + b"\x00\x02IM"
    with open(path, "r+b") as file:
        file.write(text)


def write(name, kind="u1", user_block=512, extra=False, x_options=None, y_options=None):
    path = FOLDER / f"{name}.mat"
    with h5py.File(path, "w", userblock_size=user_block, libver="earliest") as file:
        if extra:
            for index in range(30):
                file[f"other_{index}"] = np.arange(3.0)
            file.create_group("#refs#")["a"] = np.zeros(2)
            file["link"] = h5py.SoftLink("/trainxdata")
        for variable, values, options in (("trainxdata", x, x_options), ("traindata", y, y_options)):
            data = file.create_dataset(variable, data=values.astype(kind), **(options or {}))
            data.attrs["MATLAB_class"] = np.bytes_("logical" if kind == "?" else "uint8")
            if extra:
                for index in range(12):
                    data.attrs[f"note_{index}"] = "so many that the description goes on elsewhere"
    if user_block:
        matlab_header(path)


def write_compact(name):
    """Data in the object header, which h5py's upper layer cannot write."""
    path = FOLDER / f"{name}.mat"
    with h5py.File(path, "w", libver="earliest") as file:
        for variable, values in (("trainxdata", x), ("traindata", y)):
            create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            create.set_layout(h5py.h5d.COMPACT)
            space = h5py.h5s.create_simple(values.shape)
            data = h5py.h5d.create(file.id, variable.encode(), h5py.h5t.NATIVE_UINT8, space, create)
            data.write(h5py.h5s.ALL, h5py.h5s.ALL, values)


def chunks(of_x, of_y, **options):
    return {"x_options": {"chunks": of_x, **options}, "y_options": {"chunks": of_y, **options}}


FOLDER.mkdir(exist_ok=True)
deflate = {"compression": "gzip", "compression_opts": 9}
write("contiguous_u8")
write("contiguous_i8", "i1", user_block=1024)
write("contiguous_f32_no_user_block", "f4", user_block=0)
write("contiguous_f64_big_endian", ">f8")
write("contiguous_i16_big_endian", ">i2")
write("boolean", "?")
write_compact("compact")
write("chunked_u8", **chunks((7, 3, 5), (2, 7)))
write("deflate_u8", **chunks((8, 1, 5), (5, 5), **deflate))
write("deflate_all_samples_in_a_chunk", **chunks((1, 4, 12), (5, 12), **deflate))
write("deflate_one_chunk", "u2", **chunks((30, 4, 12), (5, 12), **deflate))
write("shuffle_deflate_f64", "f8", **chunks((8, 1, 5), (5, 5), shuffle=True, **deflate))
write("shuffle_f32", "f4", **chunks((30, 4, 5), (5, 5), shuffle=True))
write("many_chunks", **chunks((3, 1, 1), (1, 1)))
write("other_variables", extra=True, **chunks((15, 2, 6), (3, 6), **deflate))
for split in ("valid", "test"):
    variables = {f"{split}xdata": np.asfortranarray(bases), f"{split}data": np.asfortranarray(labels)}
    savemat(FOLDER / f"{split}.mat", variables, do_compression=split == "test")
lines = (f"{sequence}\t{''.join(map(str, row))}\n" for sequence, row in zip(sequences, labels))
(FOLDER / "samples.txt").write_text("".join(lines))
