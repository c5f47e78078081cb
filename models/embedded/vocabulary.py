"""A small byte-pair vocabulary in CLIP's file format, learnt from the captions of generated images.

Ids are laid out as CLIP lays them out: 256 bytes, the same with "</w>", merges, start of text, end of text. The end of
text is therefore the highest id, by which CLIP's text tower finds it; id 0 pads.
Run: python vocabulary.py TRAINING_FOLDER  writes vocab.json and merges.txt into hf/.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

HF = Path(__file__).parent / "hf"
START, END = "<|startoftext|>", "<|endoftext|>"
WORDS = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")

# The method's phrases (Zhang et al., 2024) and names of body parts that no phantom shows.
PHRASES = """normal. healthy. negative. unremarkable. clear. asymptomatic. normal findings. no findings. in good health.
no evidence of disease. abnormal. positive. symptomatic. disease. lesion. pathological. impaired. evidence of disease.
abnormal finding. pathological condition. pathological abnormality. a photo of a. pelvis spine shoulder hip ankle foot
elbow wrist neck heart kidney prostate uterus thyroid skin tooth vessel. x x x x x x x x"""


def byte_characters():
    """The printable character that stands for each byte (Radford et al., 2019)."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in kept]
    order = kept + others
    return order, {byte: chr(byte) if byte in kept else chr(256 + others.index(byte)) for byte in order}


ORDER, CHARACTER = byte_characters()


def symbols_of(word):
    letters = [CHARACTER[byte] for byte in word.encode("utf-8")]
    return (*letters[:-1], letters[-1] + "</w>")


def merge(symbols, pair):
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return tuple(out)


def learn(texts, most=1200):
    """Merges, most frequent first, until every frequent word is one symbol."""
    counts = Counter(word for text in texts for word in WORDS.findall(text.lower()))
    words = {symbols_of(word): count for word, count in counts.items()}
    merges = []
    while len(merges) < most:
        pairs = Counter()
        for symbols, count in words.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        words = {merge(symbols, best): count for symbols, count in words.items()}
    return merges


class Tokenizer:
    """Text to CLIP ids, from vocab.json and merges.txt."""

    def __init__(self, folder=HF):
        self.ids = json.loads((folder / "vocab.json").read_text())
        lines = (folder / "merges.txt").read_text().splitlines()[1:]
        self.ranks = {tuple(line.split()): rank for rank, line in enumerate(lines) if line}

    def encode(self, text, length=77):
        ids = [self.ids[START]]
        for word in WORDS.findall(text.lower()):
            symbols = symbols_of(word)
            while len(symbols) > 1:
                best = min(zip(symbols, symbols[1:]), key=lambda pair: self.ranks.get(pair, 1 << 30))
                if best not in self.ranks:
                    break
                symbols = merge(symbols, best)
            ids += [self.ids[symbol] for symbol in symbols]
        ids = [*ids[: length - 1], self.ids[END]]
        return ids + [0] * (length - len(ids))


def main():
    folder = Path(sys.argv[1])
    texts = [PHRASES] * 20
    for path in sorted(folder.glob("*.jsonl")):
        texts += [json.loads(line)["caption"] for line in path.read_text().splitlines()]
    merges = learn(texts)
    tokens = [CHARACTER[byte] for byte in ORDER]
    tokens += [token + "</w>" for token in tokens] + ["".join(pair) for pair in merges] + [START, END]
    HF.mkdir(exist_ok=True)
    (HF / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False) + "\n")
    (HF / "merges.txt").write_text("\n".join(["#version: 0.2", *(" ".join(pair) for pair in merges)]) + "\n")
    print(f"{len(tokens)} tokens, {len(merges)} merges, from {len(texts)} texts")


if __name__ == "__main__":
    main()
