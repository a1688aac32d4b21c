#!/usr/bin/env python3
"""Weights from PyTorch to Gradus and back, for every kind of layer that both have.

    round_trip.py PROGRAM        PROGRAM: the built pytorch_round_trip

For each layer: PyTorch's weights give the same outputs in Gradus, what Gradus saves again is the same bits, and the
weights of a layer made by Gradus load with strict=True and give the same outputs in PyTorch. Outputs are computed in
float64 on both sides and may differ by 1e-6. Ends with 77, "skipped", where there is no PyTorch (Debian: python3-torch).
"""
import copy
import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    system_python = "/usr/bin/python3"  # Debian's packages are for this one, whichever comes first on the PATH
    if os.path.exists(system_python) and os.path.realpath(sys.executable) != os.path.realpath(system_python):
        os.execv(system_python, [system_python] + sys.argv)
    print("skipped: there is no PyTorch for Python")
    sys.exit(77)

from torch import nn

TYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "BOOL": torch.bool}


def write(path, tensors):
    """A safetensors file: the header's length in 8 bytes, the header in JSON, the elements."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().numpy().tobytes()
        kind = next(kind for kind, dtype in TYPES.items() if dtype == tensor.dtype)
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read(path):
    with open(path, "rb") as file:
        content = bytearray(file.read())
    start = 8 + struct.unpack("<Q", content[:8])[0]
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        begin, end = entry["data_offsets"]
        raw = content[start + begin:start + end]
        tensors[name] = torch.frombuffer(raw, dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


class PlainRMSNorm(nn.Module):
    """torch.nn.RMSNorm, which PyTorch has from 2.4 on."""

    def __init__(self, features, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.eps = eps

    def forward(self, x):
        return x / (x.square().mean(-1, keepdim=True) + self.eps).sqrt() * self.weight


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 6)
        self.layers = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])
        self.out = nn.Linear(6, 11)
        self.out.weight = self.embedding.weight

    def forward(self, ids):
        x = self.embedding(ids)
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return self.out(x)


def normal(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def of_x(layer, x):
    return layer(x)


def future(x):
    """True where a step would see what comes after it."""
    return torch.ones(x.shape[1], x.shape[1]).triu(1).bool()


def of_memory(layer, x, memory):
    return layer(x, memory, tgt_mask=future(x))


def cases():
    """Name -> (a function that makes the layer, inputs by name, a function of layer and inputs)."""
    rms_norm = getattr(nn, "RMSNorm", PlainRMSNorm)
    padding = torch.tensor([[False, False, False, False], [False, False, True, True]])
    transformer = dict(dim_feedforward=10, batch_first=True)
    x, sequence = {"x": normal(2, 3, 5)}, {"x": normal(2, 5, 3)}
    lstm = {"x": normal(2, 5, 3), "h": normal(4, 2, 4), "c": normal(4, 2, 4)}
    cell = {"x": normal(2, 3), "h": normal(2, 4)}
    masked = {"x": normal(2, 4, 6), "mask": padding}
    memory = {"x": normal(2, 3, 6), "memory": normal(2, 4, 6)}
    attention = {"q": normal(2, 3, 6), "k": normal(2, 4, 6), "v": normal(2, 4, 6), "mask": padding}

    def encoder_layer(**options):
        return nn.TransformerEncoderLayer(6, 2, **transformer, **options)

    def decoder_layer(**options):
        return nn.TransformerDecoderLayer(6, 2, **transformer, **options)

    def of_attention(layer, q, k, v, mask):
        return layer(q, k, v, key_padding_mask=mask, average_attn_weights=False)

    def of_masked(layer, x, mask):
        return layer(x, src_key_padding_mask=mask)

    def of_lstm(layer, x, h, c):
        y, (state, cells) = layer(x, (h, c))
        return y, state, cells

    def attention_layer(**options):
        return nn.MultiheadAttention(6, batch_first=True, **options)

    return {
        "linear": (lambda: nn.Linear(5, 3), x, of_x),
        "linear_without_bias": (lambda: nn.Linear(5, 3, bias=False), x, of_x),
        "embedding": (lambda: nn.Embedding(7, 4, padding_idx=2), {"x": torch.tensor([[0, 2], [6, 1]])}, of_x),
        "layer_norm": (lambda: nn.LayerNorm(5), x, of_x),
        "layer_norm_two_axes": (lambda: nn.LayerNorm([3, 5]), x, of_x),
        "rms_norm": (lambda: rms_norm(5, eps=1e-6), x, of_x),
        "batch_norm_1d": (lambda: nn.BatchNorm1d(4), {"x": normal(3, 4, 5)}, of_x),
        "batch_norm_2d": (lambda: nn.BatchNorm2d(4, affine=False), {"x": normal(3, 4, 2, 2)}, of_x),
        "conv1d": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), {"x": normal(2, 4, 7)}, of_x),
        "conv2d": (lambda: nn.Conv2d(3, 5, (3, 2), padding=(1, 0), dilation=2), {"x": normal(2, 3, 6, 5)}, of_x),
        "sequential": (lambda: nn.Sequential(nn.Linear(5, 8), nn.GELU(), nn.LayerNorm(8), nn.Linear(8, 2)), x, of_x),
        "tagger": (Tagger, {"x": torch.tensor([[0, 10, 3], [4, 4, 9]])}, of_x),
        "rnn": (lambda: nn.RNN(3, 4, 2, bidirectional=True, batch_first=True), sequence, of_x),
        "rnn_relu": (lambda: nn.RNN(3, 4, nonlinearity="relu", batch_first=True), sequence, of_x),
        "gru": (lambda: nn.GRU(3, 4, 2, bidirectional=True, batch_first=True), sequence, of_x),
        "gru_without_bias": (lambda: nn.GRU(3, 4, 3, bias=False, batch_first=True), sequence, of_x),
        "lstm": (lambda: nn.LSTM(3, 4, 2, bidirectional=True, batch_first=True), lstm, of_lstm),
        "lstm_without_bias": (lambda: nn.LSTM(3, 4, 4, bias=False, batch_first=True), lstm, of_lstm),
        "rnn_cell": (lambda: nn.RNNCell(3, 4), cell, lambda layer, x, h: layer(x, h)),
        "gru_cell": (lambda: nn.GRUCell(3, 4), cell, lambda layer, x, h: layer(x, h)),
        "lstm_cell": (lambda: nn.LSTMCell(3, 4), dict(cell, c=normal(2, 4)), lambda layer, x, h, c: layer(x, (h, c))),
        "attention": (lambda: attention_layer(num_heads=2), attention, of_attention),
        "attention_without_bias": (lambda: attention_layer(num_heads=3, bias=False), attention, of_attention),
        "attention_of_other_sizes": (lambda: attention_layer(num_heads=2, kdim=3, vdim=5),
                                     dict(attention, k=normal(2, 4, 3), v=normal(2, 4, 5)), of_attention),
        "encoder_layer": (encoder_layer, masked, of_masked),
        "encoder_layer_norm_first": (lambda: encoder_layer(activation="gelu", norm_first=True), masked, of_masked),
        "decoder_layer": (decoder_layer, memory, of_memory),
        "encoder": (lambda: nn.TransformerEncoder(encoder_layer(), 2), masked, of_masked),
        "decoder": (lambda: nn.TransformerDecoder(decoder_layer(norm_first=True), 2, nn.LayerNorm(6)), memory,
                    of_memory),
        "transformer": (lambda: nn.Transformer(6, 2, 2, 2, **transformer),
                        {"source": normal(2, 4, 6), "x": normal(2, 3, 6)},
                        lambda layer, source, x: layer(source, x, tgt_mask=future(x))),
    }


def made(make):
    """A layer whose parameters and statistics are not those of every new one."""
    layer = make()
    for tensor in list(layer.parameters()) + [b for b in layer.buffers() if b.is_floating_point()]:
        tensor.data += 0.1 * torch.rand(tensor.shape)
    for name, buffer in layer.named_buffers():
        if name.endswith("num_batches_tracked"):
            buffer += 5
    return layer


def outputs(layer, inputs, forward):
    # With gradients on, PyTorch takes no fast path, whose outputs at padded places differ.
    result = forward(copy.deepcopy(layer).double().eval(), **inputs)
    return [y.detach() for y in (result if isinstance(result, tuple) else [result])]


def difference(expected, path):
    got = read(path)
    assert len(got) == len(expected), f"{len(got)} outputs instead of {len(expected)}"
    largest = 0.0
    for i, tensor in enumerate(expected):
        assert got[f"y{i}"].shape == tensor.shape, f"y{i} is {tuple(got[f'y{i}'].shape)}, not {tuple(tensor.shape)}"
        largest = max(largest, (got[f"y{i}"] - tensor).abs().max().item())
    return largest


def check_same(state, path):
    other = read(path)
    assert set(other) == set(state), f"names differ: {set(other) ^ set(state)}"
    for name, tensor in state.items():
        assert other[name].dtype == tensor.dtype and torch.equal(other[name], tensor), f"{name} differs"


def main(program):
    torch.manual_seed(1)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        table = {name: (made(make), make, inputs, forward) for name, (make, inputs, forward) in cases().items()}
        for name, (layer, _, inputs, _) in table.items():
            os.mkdir(f"{folder}/{name}")
            write(f"{folder}/{name}/weights.safetensors", layer.state_dict())
            write(f"{folder}/{name}/inputs.safetensors", inputs)
        subprocess.run([program, folder], check=True)
        for name, (layer, make, inputs, forward) in table.items():
            at = f"{folder}/{name}"
            try:
                to_gradus = difference(outputs(layer, inputs, forward), f"{at}/loaded_outputs.safetensors")
                check_same(layer.state_dict(), f"{at}/back.safetensors")
                other = make()
                other.load_state_dict(read(f"{at}/fresh.safetensors"), strict=True)
                to_torch = difference(outputs(other, inputs, forward), f"{at}/fresh_outputs.safetensors")
                good = max(to_gradus, to_torch) <= 1e-6
                print(f"{name:26} to Gradus {to_gradus:.1e}  to PyTorch {to_torch:.1e}{'' if good else '  WRONG'}")
                wrong += not good
            except Exception as problem:  # one layer's failure does not hide the others'
                print(f"{name:26} {problem}  WRONG")
                wrong += 1
    print(f"{len(table) - wrong} of {len(table)} layers agree, PyTorch {torch.__version__}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
