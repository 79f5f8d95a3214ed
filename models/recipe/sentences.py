# SPDX-License-Identifier: GPL-3.0-or-later
"""Things to say, made up by a small grammar: English, and syllables and numbers for any language."""

# ruff: noqa: RUF001, SIM905 (other alphabets look like ours on purpose; word lists read best as words)

import random
from collections.abc import Callable

NAMES = """Bob Pam Fiona Vivian Wendy Oscar Hugo Luna Theo Maya Pablo Mimi Boris Eve Otto Wanda Jude Amy Phoebe
Gareth Zoe Thelma Ruth Liam Nora Giles Yusuf Chloe Sasha Ivy Umberto Olive Quentin Beth Paul Maeve Arthur""".split()
NOUNS = """baby puppet mouth window boat shoe moon flower bubble pepper thumb feather village wolf queen judge cherry
measure vision garage lamp pillow apple map bumblebee puppy wave whistle father mother brother uncle cook wheel
towel cloud owl house voice boy toy oyster choice bird nurse earth church world song ring kitchen finger
bathroom penny piano balloon moth cloth leather yellow umbrella hammer ladder rabbit lemon film giraffe yard
orange potato tomato elephant mushroom spoon bush book foot wool bull fox box clock robot doctor shop vase
cafe cave leaf knife thief wife beehive dove glove stove river fever lever bath path month tooth truth youth
camera cinema opera theatre story dream idea area year beard chair bear air square""".split()
ADJECTIVES = """big small blue purple warm cold funny brave quiet loud soft wet slow quick round square thin thick smooth
rough yellow violet mauve bright heavy empty beautiful strange jolly peaceful woolly weird fuzzy wooden velvet
young old new good bad early lazy clever pure sour moody bumpy popular favourite impossible""".split()
VERBS = (
    """follows pushes pulls finds moves watches leaves opens paints believes remembers washes throws breathes
shows wraps whispers about forgets loves chooses hums about bakes borrows measures visits invents improves
laughs at points at looks for""".replace(" about", "_about")
    .replace(" at", "_at")
    .replace(" for", "_for")
    .split()
)
PLACES = """by the river|under the bridge|over the roof|above the village|in my room|near the pool|at the farm
behind the barn|on the moon|between two poplars|through the fog|inside the theatre|along the wharf|out of the woods
from the top of the mountain|beyond the valley|at home|beside the waterfall|up the path|off the map""".replace(
    "\n", "|"
)
TIMES = """tomorrow morning|every Wednesday|at five past twelve|before breakfast|all evening|in the month of May
once a week|for a while|after supper|in February|on the fourth of July|twice a year|from time to time""".replace(
    "\n", "|"
)
PAIRS = """pat bat mat|fan van|pull bull full wool|thin fin sin tin|sheep ship|pool pull|who you woo|boat vote moat
vow wow bow|pay bay may way|beam team theme dream|lip rip whip|vine wine fine mine|thumb some fum|moo boo two shoe
pea bee me we|lala mama papa baba|oh ah ee oo|rip ripe rope reap|live love leave loaf|wash watch what
cheap jeep sheep|measure mesher pleasure|bath bathe path|five fife fifth|map mop mob bob|ooh wee ooh wah""".replace(
    "\n", "|"
)
EXCLAMATIONS = """Wow|Oh no|Well|Oops|Bravo|Hello|Good morning|Thank you very much|Maybe|Of course|Look|Please|Hooray
Me too|You bet|Why not|Hmm|Goodbye|What a view|Ah|No way|Who knows""".replace("\n", "|")

LETTERS = {
    "it": (
        "b c d f g l m n p r s t v z ch gh gl gn sc tr br pr fr st sp".split(),
        "a e i o u".split(),
        "|n|r|l",
    ),
    "fi": (
        "h j k l m n p r s t v".split(),
        "a e i o u y ä ö aa ee ii uu ai ei ou uo ie yö".split(),
        "|n|s|l|t",
    ),
    "cs": (
        "b c d f h j k l m n p r s t v z č š ž ř pr st tr vl".split(),
        "a e i o u á é í ů y".split(),
        "|n|k|m|l",
    ),
    "ca": ("b c d f g j l m n p r s t v x ny ll tr pl br".split(), "a e i o u".split(), "|n|s|l|r|t"),
    "ru": ("б в г д ж з к л м н п р с т ф х ц ч ш".split(), "а о у э и е ю я ы".split(), "|н|м|т|л|к|в"),
    "": ("b d f g k l m n p r s t v z sh".split(), "a e i o u".split(), "|n|m|l|s"),
}
"""Onsets, vowels and endings of a language's syllables; "" serves every other language of Latin letters."""


def english(rng: random.Random) -> str:
    """One English sentence of 1 to 20 words."""
    text = rng.choices(FORMS, weights=WEIGHTS)[0](rng).strip()
    return text[0].upper() + text[1:]


def foreign(rng: random.Random, language: str) -> str:
    """Made-up words of the language's syllables, with a number that its engine reads in real words."""
    onsets, vowels, endings = LETTERS.get(language, LETTERS[""])
    words = []
    for _ in range(rng.randint(3, 8)):
        syllables = [rng.choice(onsets) + rng.choice(vowels) for _ in range(rng.randint(1, 3))]
        words.append("".join(syllables) + rng.choice(endings.split("|")))
    words.insert(rng.randrange(len(words)), number(rng))
    return _punctuated(rng, words)


def number(rng: random.Random) -> str:
    """A number in figures, of one to six of them."""
    return str(rng.randrange(10 ** rng.randint(1, 6)))


def _pick(rng: random.Random, choices: str) -> str:
    return rng.choice(choices.split("|"))


def _thing(rng: random.Random) -> str:
    article = rng.choice(["the", "my", "your", "our", "some", "every", "this", "that", "her", "his"])
    adjective = rng.choice(ADJECTIVES) + " " if rng.random() < 0.6 else ""
    return f"{article} {adjective}{rng.choice(NOUNS)}"


def _who(rng: random.Random) -> str:
    return rng.choice(NAMES) if rng.random() < 0.4 else _thing(rng)


def _statement(rng: random.Random) -> str:
    parts = [_who(rng), rng.choice(VERBS).replace("_", " "), _thing(rng)]
    if rng.random() < 0.6:
        parts.append(_pick(rng, PLACES))
    if rng.random() < 0.4:
        parts.append(_pick(rng, TIMES))
    return " ".join(parts) + "."


def _two(rng: random.Random) -> str:
    joint = rng.choice([", but ", ", and ", " because ", "; ", ", so ", " while "])
    return _statement(rng)[:-1] + joint + _statement(rng)


def _question(rng: random.Random) -> str:
    head = rng.choice(["Why would", "How could", "When should", "Where did", "Do you believe"])
    return f"{head} {_who(rng)} {_pick(rng, 'move|find|buy|borrow|push|hear')} {_thing(rng)}?"


def _wish(rng: random.Random) -> str:
    head = rng.choice(
        ["I want to have", "We found", "You may bring me", "They never see", "Give Bob", "I love"]
    )
    return f"{head} {_thing(rng)} and {_thing(rng)} {_pick(rng, PLACES)}."


def _exclaim(rng: random.Random) -> str:
    return f"{_pick(rng, EXCLAMATIONS)}! {_statement(rng) if rng.random() < 0.5 else ''}"


def _pairs(rng: random.Random) -> str:
    words = " ".join(_pick(rng, PAIRS) for _ in range(rng.randint(1, 3))).split()
    return _punctuated(rng, words)


def _count(rng: random.Random) -> str:
    return f"{rng.choice(NAMES)} counted {number(rng)} {rng.choice(NOUNS)}s and {number(rng)} {_pick(rng, PLACES)}."


def _list(rng: random.Random) -> str:
    return ", ".join(rng.choice(NOUNS) for _ in range(rng.randint(3, 6))) + f" and {rng.choice(NOUNS)}."


def _punctuated(rng: random.Random, words: list[str]) -> str:
    """The words with a comma or a full stop here and there, so that pauses are learnt too."""
    marks = [rng.choices(["", ",", "."], weights=[8, 2, 1])[0] for _ in words]
    text = " ".join(word + mark for word, mark in zip(words, marks, strict=True))
    return text.rstrip(",.") + "."


FORMS: list[Callable[[random.Random], str]] = [
    _statement, _two, _question, _wish, _exclaim, _pairs, _count, _list,
]  # fmt: skip
WEIGHTS = [6, 4, 3, 3, 2, 3, 1, 2]
