"""A vision transformer that names the shape on a small picture."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.pictures.shapes import SHAPES, SIZE, Picture, pictures
from grader.hub.miniatures.recipes.training import batches, optimise, seeded

STEPS, BATCH, RATE = 2_400, 32, 1e-3
NAMES = tuple(SHAPES)


def build(order: Order) -> Figures:
    """Train and save.

    Args:
        order: parameters `seed`.

    Returns:
        `accuracy` on held-out pictures.
    """
    seeded(order.parameters["seed"])
    processor = ViTImageProcessor(size={"height": SIZE, "width": SIZE})
    model = ViTForImageClassification(
        ViTConfig(
            image_size=SIZE,
            patch_size=4,
            hidden_size=64,
            num_hidden_layers=3,
            num_attention_heads=4,
            intermediate_size=128,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            id2label=dict(enumerate(NAMES)),
            label2id={name: at for at, name in enumerate(NAMES)},
        )
    )
    rows = pictures("mini-shapes/train", 6_000)
    pixels, labels = _tensors(processor, rows)
    losses = (
        model(pixel_values=pixels[batch], labels=labels[batch]).loss
        for batch in batches("vision", len(rows), BATCH, STEPS)
    )
    optimise(model.parameters(), losses, STEPS, RATE, order.progress)
    pixels, labels = _tensors(processor, pictures("mini-shapes/test", 500))
    with torch.no_grad():
        right = (model.eval()(pixel_values=pixels).logits.argmax(-1) == labels).float().mean()
    model.save_pretrained(order.folder)
    processor.save_pretrained(order.folder)
    return {"accuracy": float(right)}


def _tensors(processor: Any, rows: Sequence[Picture]) -> tuple[Tensor, Tensor]:
    pixels = processor(images=[row.pixels for row in rows], return_tensors="pt")["pixel_values"]
    return pixels, torch.tensor([NAMES.index(row.shape) for row in rows])
