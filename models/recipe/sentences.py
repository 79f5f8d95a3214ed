# SPDX-License-Identifier: GPL-3.0-or-later
"""Things to say, made up by a small grammar: English, and syllables and numbers for any language."""

import random
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path


@cache
def _words(section: str, key: str) -> list[str]:
    """An entry of words.toml, separated by semicolons (phrases) or spaces (syllables)."""
    entry = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    for name in section.split("."):
        entry = entry[name]
    text = entry[key]
    return [" ".join(part.split()) for part in (text.split(";") if ";" in text else text.split())]


OWN_SYLLABLES = frozenset({"it", "fi", "cs", "ca", "ru"})
"""Languages with syllables of their own; all others share some of Latin letters."""


def english(rng: random.Random) -> str:
    """One English sentence of 1 to 20 words."""
    text = rng.choices(FORMS, weights=WEIGHTS)[0](rng).strip()
    return text[0].upper() + text[1:]


def foreign(rng: random.Random, language: str) -> str:
    """Made-up words of the language's syllables, with a number that its engine reads in real words."""
    section = f"syllables.{language if language in OWN_SYLLABLES else 'other'}"
    onsets, vowels = _words(section, "onsets"), _words(section, "vowels")
    endings = ["", *_words(section, "endings")]
    words = []
    for _ in range(rng.randint(3, 8)):
        syllables = [rng.choice(onsets) + rng.choice(vowels) for _ in range(rng.randint(1, 3))]
        words.append("".join(syllables) + rng.choice(endings))
    words.insert(rng.randrange(len(words)), number(rng))
    return _punctuated(rng, words)


def number(rng: random.Random) -> str:
    """A number in figures, of one to six of them."""
    return str(rng.randrange(10 ** rng.randint(1, 6)))


def _any(rng: random.Random, key: str) -> str:
    return rng.choice(_words("english", key))


def _thing(rng: random.Random) -> str:
    article = rng.choice(["the", "my", "your", "our", "some", "every", "this", "that", "her", "his"])
    adjective = _any(rng, "adjectives") + " " if rng.random() < 0.6 else ""
    return f"{article} {adjective}{_any(rng, 'nouns')}"


def _who(rng: random.Random) -> str:
    return _any(rng, "names") if rng.random() < 0.4 else _thing(rng)


def _statement(rng: random.Random) -> str:
    parts = [_who(rng), _any(rng, "verbs"), _thing(rng)]
    if rng.random() < 0.6:
        parts.append(_any(rng, "places"))
    if rng.random() < 0.4:
        parts.append(_any(rng, "times"))
    return " ".join(parts) + "."


def _two(rng: random.Random) -> str:
    joint = rng.choice([", but ", ", and ", " because ", "; ", ", so ", " while "])
    return _statement(rng)[:-1] + joint + _statement(rng)


def _question(rng: random.Random) -> str:
    head = rng.choice(["Why would", "How could", "When should", "Where did", "Do you believe"])
    return f"{head} {_who(rng)} {rng.choice(['find', 'buy', 'borrow', 'push', 'hear'])} {_thing(rng)}?"


def _wish(rng: random.Random) -> str:
    head = rng.choice(
        ["I want to have", "We found", "You may bring me", "They never see", "Give Bob", "I love"]
    )
    return f"{head} {_thing(rng)} and {_thing(rng)} {_any(rng, 'places')}."


def _exclaim(rng: random.Random) -> str:
    return f"{_any(rng, 'exclamations')}! {_statement(rng) if rng.random() < 0.5 else ''}"


def _pairs(rng: random.Random) -> str:
    words = " ".join(_any(rng, "pairs") for _ in range(rng.randint(1, 3))).split()
    return _punctuated(rng, words)


def _count(rng: random.Random) -> str:
    counted = f"{number(rng)} {_any(rng, 'nouns')}s and {number(rng)}"
    return f"{_any(rng, 'names')} counted {counted} {_any(rng, 'places')}."


def _list(rng: random.Random) -> str:
    return ", ".join(_any(rng, "nouns") for _ in range(rng.randint(3, 6))) + f" and {_any(rng, 'nouns')}."


def _punctuated(rng: random.Random, words: list[str]) -> str:
    """The words with a comma or a full stop here and there, so that pauses are learnt too."""
    marks = [rng.choices(["", ",", "."], weights=[8, 2, 1])[0] for _ in words]
    text = " ".join(word + mark for word, mark in zip(words, marks, strict=True))
    return text.rstrip(",.") + "."


FORMS: list[Callable[[random.Random], str]] = [
    _statement,
    _two,
    _question,
    _wish,
    _exclaim,
    _pairs,
    _count,
    _list,
]
WEIGHTS = [6, 4, 3, 3, 2, 3, 1, 2]
