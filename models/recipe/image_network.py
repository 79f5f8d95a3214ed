# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture half of the network: a template's face and six mouth parameters to the face with that mouth."""

from __future__ import annotations

import torch
from draw_geometry import INSET, REGION
from torch import Tensor, nn
from torch.nn import functional

# Channels at a half, a quarter ... of the size, and on the way back: processors take 16 at a time.
DOWN = (16, 32, 48, 64, 96)
UP = (64, 32, 16)
MOUTH = 6
STYLE = 48

# The window of the 320 px input in which the network works: all that the mouth moves; sides divisible by 16.
MARGIN = 8  # rows of the window above the region
LEFT, TOP = REGION[0] - INSET, REGION[1] - INSET - MARGIN
WIDTH, HEIGHT = REGION[2] - REGION[0], REGION[3] - REGION[1] + 12
EDGE = 12  # px at the window's border over which the template shows through


class Block(nn.Module):
    """One or two 3×3 convolutions; the mouth scales and shifts what comes out of the first."""

    def __init__(self, width_in: int, width_out: int, stride: int = 1, *, single: bool = False) -> None:
        super().__init__()
        self.first = nn.Conv2d(width_in, width_out, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(width_out, affine=False)
        self.style = nn.Linear(STYLE, 2 * width_out)
        second = [nn.Conv2d(width_out, width_out, 3, 1, 1, bias=False), nn.BatchNorm2d(width_out), nn.ReLU()]
        self.second = nn.Sequential(*([] if single else second))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """[b, in, h, w] → [b, out, h/stride, w/stride]."""
        scale, shift = self.style(style)[:, :, None, None].chunk(2, dim=1)
        return self.second(functional.relu(self.norm(self.first(x)) * (1 + scale) + shift))


class Up(nn.Module):
    """Twice the size, joined with what came down; channels are dropped before, where it is cheap."""

    def __init__(self, width_in: int, width_skip: int, width_out: int, *, single: bool = False) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(width_in, width_out, 1)
        self.block = Block(width_out + width_skip, width_out, single=single)

    def forward(self, x: Tensor, skip: Tensor, style: Tensor) -> Tensor:
        """[b, in, h, w] and [b, skip, 2h, 2w] → [b, out, 2h, 2w]."""
        x = functional.interpolate(self.narrow(x), scale_factor=2, mode="nearest")
        return self.block(torch.cat([x, skip], dim=1), style)


class ImageNetwork(nn.Module):
    """A small U-Net on half-size pixels that paints over the template's own face.

    What it paints is laid over the template with a mask of its own, so that skin the mouth does not reach
    is the template's, to the last bit, and no seam can be seen.
    """

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d, e = DOWN
        self.styles = nn.Sequential(nn.Linear(MOUTH, 64), nn.ReLU(), nn.Linear(64, STYLE), nn.ReLU())
        self.halve = nn.PixelUnshuffle(2)
        self.enter = Block(12, a, single=True)
        self.down = nn.ModuleList([Block(a, b, 2), Block(b, c, 2), Block(c, d, 2)])
        self.middle = Block(d, e)
        x, y, z = UP
        self.up = nn.ModuleList([Up(e, c, x), Up(x, b, y), Up(y, a, z, single=True)])
        self.leave = nn.Conv2d(z, 16, 3, 1, 1)
        columns = torch.minimum(torch.arange(WIDTH), torch.arange(WIDTH).flip(0))
        rows = torch.minimum(torch.arange(HEIGHT), torch.arange(HEIGHT).flip(0))
        inside = (torch.minimum(columns[None, :], rows[:, None]) / EDGE).clamp(0, 1)
        self.register_buffer("inside", inside[None, None])

    @torch.no_grad()
    def fold_halving(self) -> None:
        """Have the first convolution take every second pixel itself: the same function, and faster to run."""
        taught = self.enter.first
        wide = nn.Conv2d(3, taught.out_channels, 6, 2, 2, bias=False)
        pairs = taught.weight.unflatten(1, (3, 2, 2))  # out, colour, row and column of the pair, 3, 3
        wide.weight.copy_(pairs.permute(0, 1, 4, 2, 5, 3).reshape(wide.weight.shape))
        self.enter.first, self.halve = wide, nn.Identity()

    def forward(self, template: Tensor, mouth: Tensor) -> Tensor:
        """Template [b,3,HEIGHT,WIDTH] and mouth [b,6], all 0..1 → the template with that mouth."""
        style = self.styles(mouth)
        skips = [self.enter(self.halve(template), style)]
        for down in self.down:
            skips.append(down(skips[-1], style))
        x = self.middle(skips.pop(), style)
        for up in self.up:
            x = up(x, skips.pop(), style)
        painted = functional.pixel_shuffle(self.leave(x), 2)
        mask = torch.sigmoid(painted[:, 3:]) * self.inside
        return template + (torch.sigmoid(painted[:, :3]) - template) * mask
