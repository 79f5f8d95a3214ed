# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that a user may see: what happened, where, and how to mend it."""


class LipreelError(Exception):
    """A failure that Lipreel foresees; everything else that is raised is a defect of ours.

    `str()` is one line, "where: what. how", fit for a terminal or a status bar.
    """

    what: str
    """What is wrong, as a phrase without its full stop."""
    where: str
    """The file, key or option at fault; "" where it needs no naming."""
    how: str
    """A sentence on how to mend it; "" where nothing can be said."""

    def __init__(self, what: str, where: str = "", how: str = "") -> None:
        super().__init__(what, where, how)  # all of it in args, so that the error survives pickling
        self.what = what
        self.where = where
        self.how = how

    def __str__(self) -> str:
        """One line: "where: what. how", less the parts that are empty."""
        place = f"{self.where}: " if self.where else ""
        advice = f". {self.how}" if self.how else ""
        return _one_line(f"{place}{self.what}{advice}")


def install_extra(extra: str) -> str:
    """How to get the libraries of an optional part of the package, from an index or in a clone."""
    return f"Install it: pip install 'lipreel[{extra}]', or in a clone: make extra-{extra}"


def _one_line(text: str) -> str:
    """Line breaks become spaces, and what steers a terminal its code: strangers' files may hold it."""
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else ascii(letter)[1:-1]
        for letter in text
    )


class InputError(LipreelError):
    """The user's input or options are wrong (exit status 2)."""


class AvatarError(InputError):
    """The avatar is broken, foreign or of a kind that is not supported."""


class FolderTakenError(InputError):
    """The folder holds the frames of another job."""


class FolderBusyError(InputError):
    """Another run is at work in the folder."""


class StuckError(LipreelError):
    """A frame takes so long that it will never come."""


class JobCancelled(LipreelError):  # noqa: N818 - the job did what it was told to: no error of anyone's
    """The job was stopped by its owner."""

    def __init__(self, what: str = "the job was cancelled", where: str = "", how: str = "") -> None:
        super().__init__(what, where, how)
