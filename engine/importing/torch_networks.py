# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of SyncTalk_2D and Ultralight in PyTorch (the extra `torch`), described by their contract.

The names of the parts are those of the published checkpoints, so that their weights can be loaded.
"""

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

EXPANSION = 2  # how many times wider an inverted residual block is inside


def within(path: str, part: nn.Module) -> nn.Module:
    """The part under a dotted path of names, as checkpoints have it."""
    for name in reversed(path.split(".")):
        part = nn.Sequential(OrderedDict([(name, part)]))
    return part


class Block(nn.Module):
    """An inverted residual: widen, convolve each channel by itself, narrow."""

    def __init__(self, before: int, after: int, stride: int = 1, *, added: bool = False) -> None:
        super().__init__()
        wide = EXPANSION * before
        self.conv = nn.Sequential(
            *(nn.Conv2d(before, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()),
            *(nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False), nn.BatchNorm2d(wide), nn.ReLU()),
            *(nn.Conv2d(wide, after, 1, bias=False), nn.BatchNorm2d(after)),
        )
        self.added = added

    def forward(self, x: Tensor) -> Tensor:
        """[b, before, h, w] to [b, after, h / stride, w / stride]."""
        return x + self.conv(x) if self.added else self.conv(x)


def pair(before: int, after: int, stride: int = 1) -> nn.Module:
    """Two blocks; the second is added to what it was given."""
    return nn.Sequential(Block(before, after, stride), Block(after, after, added=True))


class Sound(nn.Module):
    """From the features of a frame's sound to 512 channels of 10x10, which join the image."""

    def __init__(self, channels: int, stride: int | tuple[int, int]) -> None:
        super().__init__()
        same = channels == 128  # WeNet's features come as wide as the layers are
        self.conv1 = Block(channels, 128 if same else 64, added=same)
        self.conv2 = Block(128 if same else 64, 128, added=same)
        self.conv3, self.bn3 = nn.Conv2d(128, 256, 3, stride, 1), nn.BatchNorm2d(256)
        self.conv4 = Block(256, 256, added=True)
        self.conv5, self.bn5 = nn.Conv2d(256, 512, 3, 2, 3), nn.BatchNorm2d(512)
        self.conv6 = Block(512, 512, added=True)
        self.conv7 = Block(512, 512, added=True)

    def forward(self, x: Tensor) -> Tensor:
        """[b, *audio_shape] to [b, 512, 10, 10]."""
        x = functional.relu(self.bn3(self.conv3(self.conv2(self.conv1(x)))))
        x = functional.relu(self.bn5(self.conv5(self.conv4(x))))
        return self.conv7(self.conv6(x))


class Generator(nn.Module):
    """The U-Net: images 320 or 160 wide down to 10, where the sound joins, and up again."""

    def __init__(self, family: str) -> None:
        super().__init__()
        # Channels of the levels, from the largest images to the smallest, and of each way up.
        self.levels = (32, 32, 64, 128, 256, 512) if family == "synctalk2d" else (32, 64, 128, 256, 512)
        ways = (128, 64, 32, 32, 16) if family == "synctalk2d" else (128, 64, 32, 32)
        self.audio_model = Sound(*_SOUNDS[family])
        self.inc = within("inconv.0", Block(6, 32))
        for number, (before, after) in enumerate(zip(self.levels, self.levels[1:], strict=False), 1):
            self.add_module(f"down{number}", within("maxpool_conv.0.double_conv", pair(before, after, 2)))
        self.fuse_conv = nn.Sequential(
            within("double_conv", pair(1024, 512)), within("double_conv", pair(512, 256))
        )
        before = 256
        for number, (level, after) in enumerate(zip(self.levels[-2::-1], ways, strict=True), 1):
            self.add_module(f"up{number}", within("conv.double_conv", pair(before + level, after)))
            before = after
        self.outc = within("conv", nn.Conv2d(before, 3, 1))

    def forward(self, picture: Tensor, sound: Tensor) -> Tensor:
        """[b, 6, size, size] in 0 ... 1 and [b, *audio_shape] to [b, 3, size, size] in 0 ... 1."""
        seen = [self.inc(picture)]
        depth = len(self.levels) - 1
        for number in range(1, depth + 1):
            seen.append(self.get_submodule(f"down{number}")(seen[-1]))
        x = self.fuse_conv(torch.cat([seen.pop(), self.audio_model(sound)], dim=1))
        for number in range(1, depth + 1):
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            x = self.get_submodule(f"up{number}")(torch.cat([x, seen.pop()], dim=1))
        return torch.sigmoid(self.outc(x))


# Channels of the sound features, and the stride that brings them to the image's 10x10.
_SOUNDS: dict[str, tuple[int, int | tuple[int, int]]] = {
    "synctalk2d": (32, 1),
    "ultralight": (16, 2),
    "ultralight-wenet": (128, (1, 2)),
}


class Layer(nn.Module):
    """A convolution of the audio encoder with its normalisation; added to what it was given if it fits."""

    def __init__(self, before: int, after: int, kernel: int, stride: Any, padding: int) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.Conv2d(before, after, kernel, stride, padding), nn.BatchNorm2d(after)
        )
        self.added = before == after and kernel == 3

    def forward(self, x: Tensor) -> Tensor:
        """[b, before, h, w] to [b, after, ...]."""
        y = self.conv_block(x)
        return functional.relu(y + x if self.added else y)


class Encoder(nn.Module):
    """The audio encoder: mel [b, 1, 80, 16] to [b, 512]."""

    def __init__(self) -> None:
        super().__init__()
        layers = []
        for before, after, stride, residuals in (
            *((1, 32, 1, 2), (32, 64, (3, 1), 2), (64, 128, 3, 2), (128, 256, (3, 2), 1)),
        ):
            layers += [Layer(before, after, 3, stride, 1)]
            layers += [Layer(after, after, 3, 1, 1) for _ in range(residuals)]
        layers += [Layer(256, 512, 3, 1, 0), Layer(512, 512, 1, 1, 0)]
        self.audio_encoder = nn.Sequential(*layers)

    def forward(self, mel: Tensor) -> Tensor:
        """The rows of a batch of windows."""
        return self.audio_encoder(mel).flatten(1)
