"""Scores the rated sentences of the VADER reference package with the package itself.

Writes one line a sentence, score and text separated by a tab, line breaks as \\n. The sentences are
those of the ICWSM 2014 paper (tweets, film reviews, newspaper editorials, product reviews), which the
source distribution of `vaderSentiment` carries; none of them is kept in this repository.

Usage: vader_reference.py SDIST.tar.gz OUT.tsv
"""

import io
import sys
import tarfile

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

INNER = "additional_resources/hutto_ICWSM_2014.tar.gz"
SUFFIXES = ("_GroundTruth.txt",)


def sentences(sdist: str):
    """The rated texts, each once, in the order of the files."""
    with tarfile.open(sdist) as outer:
        member = next(m for m in outer.getmembers() if m.name.endswith(INNER))
        inner = io.BytesIO(outer.extractfile(member).read())
    seen = set()
    with tarfile.open(fileobj=inner) as files:
        for member in sorted(files.getmembers(), key=lambda m: m.name):
            name = member.name.rsplit("/", 1)[-1]
            if name.startswith("._") or not name.endswith(SUFFIXES):
                continue
            for line in files.extractfile(member).read().decode("utf-8", "replace").splitlines():
                fields = line.split("\t", 2)
                if len(fields) == 3 and fields[2].strip() and fields[2] not in seen:
                    seen.add(fields[2])
                    yield fields[2]


def main() -> int:
    sdist, out = sys.argv[1:3]
    analyser = SentimentIntensityAnalyzer()
    count = 0
    with open(out, "w", encoding="utf-8", newline="\n") as file:
        for text in sentences(sdist):
            score = analyser.polarity_scores(text)["compound"]
            file.write(f"{score}\t{text.replace(chr(10), chr(92) + 'n')}\n")
            count += 1
    print(f"{count} sentences scored by the reference")
    return 0 if count >= 20_000 else 1


if __name__ == "__main__":
    sys.exit(main())
