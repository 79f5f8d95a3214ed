# SPDX-License-Identifier: GPL-3.0-or-later
"""The phone names of every speech engine, as letters of the International Phonetic Alphabet.

visemes.py knows mouths and IPA only; a new engine or language needs a new row here and nothing else.
"""

from dataclasses import dataclass

SILENCE = ""
"""The IPA of a pause."""


@dataclass(frozen=True)
class Phone:
    """One sound and when it is heard."""

    ipa: str
    """One IPA letter, or several that follow each other (a diphthong, an affricate); "" is silence."""
    start: float
    """Seconds from the beginning of the recording."""
    end: float
    """Seconds; the next phone's start."""


def _rows(text: str) -> dict[str, str]:
    """A table written as "name ipa name ipa …"."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


ENGLISH = _rows("""
    aa ɑ ae æ ah ʌ ao ɔ aw aʊ ax ə axr ɚ ay aɪ eh ɛ er ɝ ey eɪ ih ɪ ix ɪ iy i ow oʊ oy ɔɪ uh ʊ uw u
    b b ch tʃ d d dh ð dx ɾ el l em m en n f f g ɡ hh h hv h jh dʒ k k l l m m n n ng ŋ nx n
    p p r ɹ s s sh ʃ t t th θ v v w w y j z z zh ʒ
""")
"""ARPAbet, with the allophones of the Radio phone set: flite and festival in English, pocketsphinx."""

ITALIAN = _rows("""
    i i e e E ɛ a a o o O ɔ u u i1 i e1 e E1 ɛ a1 a o1 o O1 ɔ u1 u j j w w p p t t k k b b d d g ɡ
    f f s s S ʃ v v z z Z ʒ ts ts tS tʃ dz dz dZ dʒ m m n n J ɲ ng ŋ nf m l l L ʎ r r
""")

CATALAN = _rows("""
    ax ə a a a1 a e e e1 e E ɛ E1 ɛ i i i1 i o o o1 o O ɔ O1 ɔ u u u1 u b b d d f f g ɡ j j J ɲ k k
    l l L ʎ m m n n p p r ɾ rr r s s S ʃ t t w w z z Z ʒ
""")

CZECH = _rows("""
    a a a: a e ɛ e: ɛ i ɪ i: i o o o: o u u u: u b b c ts c~ tʃ ch x d d d~ ɟ dz dz dz~ dʒ f f g ɡ h h
    j j k k l l m m n n n* ŋ n~ ɲ p p r r r~ rʒ r~* rʃ s s s~ ʃ t t t~ c v v z z z~ ʒ
""")

FINNISH = _rows("""
    a ɑ e e i i o o u u y y @ æ 7 ø & ə a: ɑ e: e i: i o: o u: u y: y @: æ 7: ø p p t t k k b b d d g ɡ
    f f T θ s s S ʃ h h v v m m n n N ŋ l l L l r r j j w w p: p t: t k: k b: b d: d g: ɡ f: f T: θ
    D: ð s: s z: z S: ʃ Z: ʒ h: h v: v m: m n: n N: ŋ w: w l: l L: l r: r j: j
""")

RUSSIAN = _rows("""
    ii i yy ɨ uu u ee e oo o aa a a ɐ e e i ɪ y ɨ u ʊ ae ə ay ə ur ʊ p p pp p b b bb b t t tt t d d
    dd d k k kk k g ɡ gg ɡ c ts ch tʃ f f ff f v v vv v s s ss s z z zz z sh ʃ sch ʃ zh ʒ h x hh x
    m m mm m n n nn n l l ll l r r rr r j j
""")

PAUSES = frozenset({"pau", "#", "##", "_", "h#", "brth", "SIL", "<sil>", "+NSN+", "+SPN+", "[NOISE]"})

MODIFIERS = frozenset("ːˑˈˌʰʲʷˠˤ̩̯̪̥̬̟̠̝̞̹̜̘̙̃͡*'.-|;:^\u200d")
"""Marks of length, stress and colour that espeak-ng writes beside the letters: not seen on a mouth."""


def named(table: dict[str, str], name: str) -> str:
    """The IPA of an engine's phone; a KeyError names a phone that the table lacks."""
    return SILENCE if name in PAUSES else table[name]


def letters(ipa: str) -> str:
    """The base letters of an IPA string, without its modifiers."""
    return "".join(letter for letter in ipa if letter not in MODIFIERS)
