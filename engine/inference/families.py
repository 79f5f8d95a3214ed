# SPDX-License-Identifier: GPL-3.0-or-later
"""The families of lip-sync models: one table of numbers, a row a family, no class a family."""

from dataclasses import dataclass
from typing import Literal

InputOrder = Literal["reference_first", "masked_first"]
"""Which three of the network's six image planes come first."""

Resize = Literal["cubic", "linear"]
"""How the face square is resized to the crop, and what was drawn back to the square."""

AudioKind = Literal["encoder", "mel", "hubert", "wenet", "mouth"]
"""What the generator is given: rows of an audio encoder, the log-mel itself, features of a speech model, or
no sound at all, but the mouth that is to be drawn."""

ROW_SIZE = 512
"""Floats in one row of an audio encoder."""

ENCODER_INPUT = ("mel", (1, 80, 16))
"""The encoder's input and its shape without the batch: one channel, 80 bands, 16 mel frames (0.2 s)."""

ENCODER_OUTPUT = ("emb", (ROW_SIZE,))
"""The encoder's output and its shape without the batch."""


@dataclass(frozen=True)
class Family:
    """The geometry and the interface that all models of one family share."""

    name: str
    """Its name in `[generator] family`."""
    crop: int
    """Side in pixels of the square that a face is resized to."""
    inset: int
    """Pixels of the crop at each edge that the network does not see."""
    mask: tuple[int, int, int, int]
    """The rectangle x, y, width, height of the inner region that is blacked out for the network to draw."""
    input_order: InputOrder
    """Which image comes first in the image input."""
    audio: AudioKind
    """What the generator hears."""
    window: int
    """Feature rows that one frame takes."""
    audio_shape: tuple[int, ...]
    """Shape of the sound input, without the batch."""
    resize: Resize = "cubic"
    """How images are resized, as the family's own system does."""
    image_name: str = "input"
    """The generator's input for the image, float32 [b, 6, size, size] in 0 ... 1, BGR."""
    audio_name: str = "audio"
    """The generator's input for the sound, float32 [b, *audio_shape]."""
    output_name: str = "output"
    """The generator's output, float32 [b, 3, size, size] in 0 ... 1, BGR."""

    @property
    def takes_track(self) -> bool:
        """Whether it draws the mouth of a mouth track, and does not hear for itself."""
        return self.audio == "mouth"

    @property
    def size(self) -> int:
        """Side in pixels of the inner region, which the network sees and draws."""
        return self.crop - 2 * self.inset

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Shape of the image input without the batch: reference and masked image, three colours each."""
        return (6, self.size, self.size)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """Shape of the output without the batch."""
        return (3, self.size, self.size)


# The numbers are those of the published models; masks are written as x, y, width, height.
_ROWS = (
    Family(
        name="synctalk2d",
        crop=328,
        inset=4,
        mask=(5, 5, 310, 305),
        input_order="reference_first",
        audio="encoder",
        window=16,
        audio_shape=(32, 16, 16),
    ),
    Family(
        name="ultralight",
        crop=168,
        inset=4,
        mask=(5, 5, 150, 145),
        input_order="reference_first",
        audio="hubert",
        window=8,
        audio_shape=(16, 32, 32),
    ),
    Family(
        name="ultralight-wenet",
        crop=168,
        inset=4,
        mask=(5, 5, 150, 145),
        input_order="reference_first",
        audio="wenet",
        window=8,
        audio_shape=(128, 16, 32),
    ),
    Family(
        name="wav2lip",
        crop=96,
        inset=0,
        mask=(0, 48, 96, 48),
        input_order="masked_first",
        audio="mel",
        window=1,
        audio_shape=(1, 80, 16),
        resize="linear",
        image_name="video_frames",
        audio_name="mel_spectrogram",
        output_name="predicted_frames",
    ),
    # Ours: synctalk2d's geometry, and six mouth parameters in place of the sound.
    Family(
        name="mouth",
        crop=328,
        inset=4,
        mask=(5, 5, 310, 305),
        input_order="reference_first",
        audio="mouth",
        window=1,
        audio_shape=(6,),
        audio_name="mouth",
    ),
)

FAMILIES: dict[str, Family] = {family.name: family for family in _ROWS}
"""Every family that an avatar may name."""
