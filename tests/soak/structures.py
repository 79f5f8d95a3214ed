# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that parse, and say what they must not: hypothesis changes values and keys of whole ones."""

import copy
import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Tree = dict[str, Any]
Step = str | int

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)

# What reaches further than chance does: paths, numbers at the ends of their range, other spellings of them.
_SLY = st.sampled_from(
    [
        *("../x", "/etc/hostname", "a/../../x", "C:\\x", "\\\\host\\x", "frames/{:04d}.jpg/../../x"),
        *(
            "{:999999999d}",
            "{0.__class__}",
            "%s%n",
            "a\0b",
            "x" * 5000,
            "nan",
            "1/0",
            "1e999",
            "-",
            "--overwrite",
            "http://x/y",
        ),
        *(-1, 0, 2**31, 2**63, -(2**63), 10**40, 1e308, float("nan"), float("inf"), True, [], {}, [[]], [{}]),
    ]
)
_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | _TEXT
_VALUE = st.one_of(
    _SLY,
    _PLAIN,
    st.recursive(
        _PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4)
    ),
)


@st.composite
def changed(draw: st.DrawFn, whole: Tree) -> Tree:
    """The tree with one to four of its values replaced, removed, added or moved under another key."""
    tree = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(tree))
        if not places:
            return tree
        holder, step = draw(st.sampled_from(places))
        match draw(st.sampled_from(["nudge", "nudge", "replace", "replace", "remove", "add", "move"])):
            case "nudge":
                holder[step] = _nudged(draw, holder[step])
            case "replace":
                holder[step] = _fresh(draw)
            case "remove":
                del holder[step]
            case "add" if isinstance(holder, dict):
                holder[draw(_TEXT)] = _fresh(draw)
            case "move" if isinstance(holder, dict):
                holder[draw(_TEXT)] = holder.pop(step)
            case _:
                holder.append(_fresh(draw)) if isinstance(holder, list) else None
    return tree


def _fresh(draw: st.DrawFn) -> Any:
    """A value of its own: the next change may be to what is in it."""
    return copy.deepcopy(draw(_VALUE))


def _nudged(draw: st.DrawFn, value: Any) -> Any:
    """Another value of the same type, not far away."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value * draw(st.sampled_from([-1, 0, 1, 2, 1000])) + draw(st.sampled_from([-1, 0, 1]))
    if isinstance(value, str):
        cut = draw(st.integers(0, len(value)))
        return value[:cut] + draw(_TEXT) + value[draw(st.integers(cut, len(value))) :]
    return _fresh(draw)


def _places(tree: Any) -> Iterator[tuple[Any, Step]]:
    steps = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else []
    for step in steps:
        yield tree, step
        yield from _places(tree[step])


def as_json(tree: Tree) -> bytes:
    """JSON, with what Python's reader takes beyond it: NaN and Infinity."""
    return json.dumps(tree).encode("utf-8")


def as_toml(tree: Tree) -> bytes:
    """TOML on one line a key, tables inside; nothing stands for null, and gets a word of its own."""
    return "".join(f"{_quoted(key)} = {_toml(value)}\n" for key, value in tree.items()).encode("utf-8")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)} = {_toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)  # 1e308, nan and inf are TOML's own words, too
    return _quoted("null" if value is None else value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def as_csv(tree: Tree) -> bytes:
    """The rows of the tree's list "job" below the keys of all of them."""
    jobs = tree.get("job")
    rows = [row for row in jobs if isinstance(row, dict)] if isinstance(jobs, list) else []
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)), escapechar="\\")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")
