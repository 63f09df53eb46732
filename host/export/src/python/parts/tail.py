def load(path=Path(__file__).with_name("weights.safetensors")):
    """The network with the weights of a safetensors file, for predictions."""
    network, tensors = Network(), read_tensors(path)
    for attribute, name in WEIGHTS_OF.items():
        module = getattr(network, attribute)
        names = [key for key in module.state_dict() if key != "num_batches_tracked"]
        module.load_state_dict({key: tensors.pop(f"{name}.{key}") for key in names}, strict=False)
    if tensors:
        raise ValueError(f"{path} holds tensors that the network does not have: {', '.join(tensors)}")
    return network.eval()


def read_tensors(path):
    """The tensors of a safetensors file by name."""
    data = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header, data = json.loads(data[8 : 8 + size]), data[8 + size :]
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32)
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def one_hot(sequence):
    """A window of LENGTH bases as [4, LENGTH], with the channels A, C, G and T; an unknown base has zeros."""
    if len(sequence) != LENGTH:
        raise ValueError(f"expected a window of {LENGTH} bases, got {len(sequence)}")
    codes = torch.frombuffer(bytearray(sequence.upper().encode("ascii")), dtype=torch.uint8)
    return (torch.tensor(list(b"ACGT"), dtype=torch.uint8)[:, None] == codes).float()


def predict(network, windows):
    """The predictions for windows, [batch, 4, LENGTH]: [batch, labels], in the order of LABELS."""
    with torch.inference_mode():
        scores = predictions(network(windows))
        if BOTH_STRANDS:
            # The reverse complement: complements stand at the same distance from both ends of A, C, G, T.
            scores = (scores + predictions(network(windows.flip(1, 2)))) / 2
    return scores
