# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the mouth's pictures lie in the face square: shared by drawing, training and export."""

SQUARE = 328  # the family's crop, so that the demo's patch is pasted without a change of scale
INSET = 4  # of the 320 px inner region in the crop
REGION = (28, 44, 300, 272)  # x0, y0, x1, y1 in the square: all that the mouth moves
FEATHER = 12  # pixels over which a picture joins its template frame
