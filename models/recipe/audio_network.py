# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound half of the network: mel windows to rows of 512, and 16 rows to the six mouth parameters."""

from pathlib import Path

import torch
from torch import Tensor, nn
from visemes import CHANNELS, PRESS

MELS, WINDOW, EMBEDDING, ROWS = 80, 16, 512, 16
"""The family's shapes: mel [b,1,80,16] → emb [b,512]; 16 rows are audio [b,32,16,16]."""

PRESS_BIAS, PRESS_GAIN = 1.0, 1.4
"""Of the logit of the lips' closing: a p that stays open is seen at once, a closure too many hardly."""


class AudioEncoder(nn.Module):
    """0.2 s of log-mel to a row: mel float32 [b,1,80,16] → emb [b,512].

    No convolution is padded in time, so that training computes the features of a whole stretch of sound once
    and takes every window's share of them.
    """

    TAKEN = (0, 3, 6, 9)
    """Which of a window's ten features make its row."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = nn.Sequential(
            nn.Conv2d(1, 16, (8, 3), stride=(4, 1), padding=(2, 0), bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
        )
        self.time = nn.Sequential(_layer(16 * MELS // 4, 192, 3), _layer(192, 192, 3))
        self.row = nn.Linear(192 * len(self.TAKEN), EMBEDDING)

    def features(self, mel: Tensor) -> Tensor:
        """Any length of mel [b,1,80,t] → [b,192,t-6]."""
        return self.time(self.picture(mel / 4).flatten(1, 2))

    def rows(self, features: Tensor, starts: Tensor) -> Tensor:
        """The rows of the windows that begin at `starts` [b,n]: [b,n,512]."""
        frames = starts[:, :, None] + torch.tensor(self.TAKEN)
        taken = features.gather(2, frames.flatten(1)[:, None].expand(-1, features.shape[1], -1))
        return self.row(taken.unflatten(2, (-1, len(self.TAKEN))).transpose(1, 2).flatten(2))

    def forward(self, mel: Tensor) -> Tensor:
        """A row for each window."""
        return self.row(self.features(mel)[:, :, :: self.TAKEN[1]].flatten(1))


class AudioHead(nn.Module):
    """The rows around a moment to the mouth of that moment: audio [b,32,16,16] → params [b,6] in 0..1.

    The last sigmoid is stretched beyond 0..1 and cut off, so that a shut mouth is exactly shut.
    """

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.mouth = nn.Sequential(
            _layer(EMBEDDING, width, 1),
            _layer(width, width, 3),
            _layer(width, width, 3),
            nn.Dropout(0.1),
            _layer(width, 112, ROWS - 4),
            nn.Conv1d(112, len(CHANNELS), 1),
        )

    def stretched(self, rows: Tensor) -> Tensor:
        """Parameters before the cut, -0.1..1.1, of every 16 rows in a row: [b,n,512] → [b,n-15,6]."""
        return 1.2 * torch.sigmoid(self.mouth(rows.transpose(1, 2))).transpose(1, 2) - 0.1

    def forward(self, audio: Tensor) -> Tensor:
        """The mouth parameters, in the order of visemes.CHANNELS."""
        return self.stretched(audio.reshape(-1, ROWS, EMBEDDING))[:, 0].clamp(0, 1)


def _layer(width_in: int, width_out: int, span: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(width_in, width_out, span, bias=False), nn.BatchNorm1d(width_out), nn.ReLU()
    )


def load_audio(checkpoint: Path) -> tuple[AudioEncoder, AudioHead]:
    """The trained networks of a checkpoint of train_audio.py, ready to be used or exported."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    encoder, head = AudioEncoder(), AudioHead()
    encoder.load_state_dict(state["encoder"])
    head.load_state_dict(state["head"])
    with torch.no_grad():
        head.mouth[-1].bias[PRESS] += PRESS_BIAS
        head.mouth[-1].bias[PRESS] *= PRESS_GAIN
        head.mouth[-1].weight[PRESS] *= PRESS_GAIN
    return encoder.eval(), head.eval()
