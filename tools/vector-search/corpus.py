#!/usr/bin/env python3
"""Builds a corpus of real English prose from what a Debian machine with Rust has on its disk.

Sources: /usr/share/doc, manual pages, and the Markdown and doc comments of the crates in the cargo
registry. Paragraphs are cleaned, joined to passages of 40 to 120 words, and each is taken once.
Writes OUT/passages.jsonl (one {"text": ...} a line, shuffled with a fixed seed) and OUT/documents/
(Markdown files for `smart-steps ingest`). Needs nothing beyond Python's own library.
"""

import argparse
import gzip
import hashlib
import json
import os
import random
import re
import sys
from pathlib import Path

WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
ROFF_FONT = re.compile(r"\\f[BIRP]|\\f\(..|\\[&/,|^]|\\-|\\\(..|\\s[-+]?\d")
MIN_WORDS, MAX_WORDS = 40, 120


def text_of(path: Path) -> str:
    """The file's prose, or nothing if it cannot be read."""
    try:
        raw = gzip.open(path, "rb").read() if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, gzip.BadGzipFile):
        return ""
    text = raw.decode("utf-8", errors="ignore")
    if "/man/" in str(path):
        lines = []
        for line in text.splitlines():
            if line.startswith((".B ", ".I ", ".BR ", ".IR ", ".Nm ", ".Xr ")):
                lines.append(line.split(" ", 1)[1])
            elif line.startswith((".", "'")):
                lines.append("")
            else:
                lines.append(line)
        return ROFF_FONT.sub(lambda m: "-" if m.group() == "\\-" else "", "\n".join(lines))
    if path.suffix == ".rs":
        lines = [line.strip() for line in text.splitlines()]
        return "\n".join(line[3:].strip() if line.startswith(("///", "//!")) else "" for line in lines)
    return text


def paragraphs(text: str):
    """Paragraphs that read like prose."""
    fenced = re.sub(r"```.*?```", "\n\n", text, flags=re.S)
    for paragraph in re.split(r"\n\s*\n", fenced):
        paragraph = re.sub(r"<[^>]{1,80}>|\[([^\]]*)\]\([^)]*\)|https?://\S+", r"\1", paragraph)
        paragraph = re.sub(r"[`*_#|=~<>\\[`*_#|=~>]+]+", " ", paragraph)
        paragraph = re.sub(r"\s+", " ", paragraph).strip()
        words = WORD.findall(paragraph)
        letters = sum(map(len, words))
        if len(words) >= 8 and letters > 0.68 * len(paragraph) and any(c in paragraph for c in ".!?"):
            yield paragraph


def passages(paras):
    """Neighbouring paragraphs joined until there are enough words; long ones cut."""
    held: list[str] = []
    for para in paras:
        held += para.split()
        while len(held) >= MIN_WORDS:
            cut = min(len(held), MAX_WORDS)
            if len(held) > MAX_WORDS:
                ends = [i + 1 for i in range(MIN_WORDS, MAX_WORDS) if held[i].endswith((".", "!", "?"))]
                cut = ends[-1] if ends else MAX_WORDS
            yield " ".join(held[:cut])
            held = held[cut:]


def sources(registry: Path):
    roots = [(Path("/usr/share/doc"), (".txt", ".md", ".gz", "", ".rst")),
             (Path("/usr/share/man"), (".gz", ".1", ".2", ".3", ".5", ".7", ".8")),
             (registry, (".md", ".rs"))]
    for root, suffixes in roots:
        for folder, folders, files in os.walk(root):
            folders.sort()
            for name in sorted(files):
                path = Path(folder, name)
                if path.suffix in suffixes and path.is_file() and "LICENSE" not in name.upper() \
                        and "COPYRIGHT" not in name.upper() and "COPYING" not in name.upper():
                    yield path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=102_000, help="how many passages")
    parser.add_argument("--registry", type=Path, default=Path.home() / ".cargo/registry/src")
    parser.add_argument("--document-bytes", type=int, default=400_000)
    args = parser.parse_args()
    seen: set[bytes] = set()
    kept: list[str] = []
    for path in sources(args.registry):
        for passage in passages(paragraphs(text_of(path))):
            # What differs only in figures (versions, dates, signatures) counts as the same.
            digest = hashlib.blake2b(re.sub(r"[^a-z]+", "", passage.lower()).encode(), digest_size=12).digest()
            if digest not in seen:
                seen.add(digest)
                kept.append(passage)
    random.Random(20_240_607).shuffle(kept)
    if len(kept) < args.count:
        print(f"only {len(kept)} passages on this machine, {args.count} wanted: install more "
              "documentation packages or fetch more crates (cargo fetch)", file=sys.stderr)
    kept = kept[: args.count]
    args.out.mkdir(parents=True, exist_ok=True)
    with open(args.out / "passages.jsonl", "w", encoding="utf-8") as out:
        for passage in kept:
            out.write(json.dumps({"text": passage}, ensure_ascii=False) + "\n")
    documents = args.out / "documents"
    documents.mkdir(exist_ok=True)
    number, size, parts = 0, 0, []
    for at, passage in enumerate(kept + [None]):
        if passage is None or size > args.document_bytes:
            title = f"# Collection {number}\n\n"
            (documents / f"collection_{number:04}.md").write_text(title + "\n\n".join(parts) + "\n")
            number, size, parts = number + 1, 0, []
        if passage is not None:
            if at % 20 == 0:
                parts.append("## " + " ".join(WORD.findall(passage)[:4]))
            parts.append(passage)
            size += len(passage.encode())
    print(f"{len(kept)} passages in {args.out}, {number} documents")
    return 0


if __name__ == "__main__":
    sys.exit(main())
