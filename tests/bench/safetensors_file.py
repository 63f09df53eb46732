"""Reads a safetensors file of float32 tensors: eight bytes of length, a header of JSON, the values."""

import json
import math
import struct

import torch


def read(path, kind=torch.float32):
    """The tensors by name, of this kind."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        values = bytearray(file.read())
    tensors = {}
    for name, of in header.items():
        if name == "__metadata__":
            continue
        count, (begin, _) = math.prod(of["shape"]), of["data_offsets"]
        if count == 0:
            tensors[name] = torch.zeros(of["shape"])
        else:
            tensors[name] = torch.frombuffer(values, dtype=torch.float32, count=count, offset=begin).view(of["shape"])
    return {name: tensor.to(kind) for name, tensor in tensors.items()}
