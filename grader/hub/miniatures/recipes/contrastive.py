"""A CLIP that matches pictures of shapes with their captions."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.pictures.shapes import COLOURS, SHAPES, SIZE, Picture, pictures
from grader.hub.miniatures.recipes.training import batches, optimise, seeded
from grader.hub.miniatures.text.whole_words import word_tokenizer

STEPS, BATCH, RATE = 1_600, 64, 1e-3
TEMPLATES = ("a photo of a {} {}", "This is a photo of a {} {}.", "a {} {}")
WORDS = ("a", "an", "the", "this", "is", "photo", "picture", "of", "small", "big", ".", *COLOURS, *SHAPES)


def build(order: Order) -> Figures:
    """Train and save.

    Args:
        order: parameters `seed`.

    Returns:
        `zero_shot_accuracy` among all twelve colours and shapes, on held-out pictures.
    """
    seeded(order.parameters["seed"])
    processor = CLIPProcessor(
        image_processor=CLIPImageProcessor(
            size={"height": SIZE, "width": SIZE}, do_center_crop=False, do_convert_rgb=True
        ),
        tokenizer=word_tokenizer(WORDS, first="<|startoftext|>", last="<|endoftext|>", length=16),
    )
    model = CLIPModel(_config(processor.tokenizer))
    rows = pictures("mini-shapes/train", 6_000)
    losses = (
        _loss(model, processor, [rows[at] for at in batch], at_step)
        for at_step, batch in enumerate(batches("contrastive", len(rows), BATCH, STEPS))
    )
    optimise(model.parameters(), losses, STEPS, RATE, order.progress)
    figures = {"zero_shot_accuracy": _zero_shot(model.eval(), processor, pictures("mini-shapes/test", 300))}
    model.save_pretrained(order.folder)
    processor.save_pretrained(order.folder)
    return figures


def _config(tokenizer: Any) -> CLIPConfig:
    shared = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    return CLIPConfig(
        text_config={
            **shared,
            **ids,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 16,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**shared, "image_size": SIZE, "patch_size": 4},
        projection_dim=64,
        **ids,
    )


def _loss(model: Any, processor: Any, rows: Sequence[Picture], step: int) -> Tensor:
    """Pictures of one colour and shape share their caption, so several captions may be right."""
    template = TEMPLATES[step % len(TEMPLATES)]
    kinds = [(row.colour, row.shape) for row in rows]
    wanted = sorted({*kinds})
    texts = [template.format(*kind) for kind in wanted]
    inputs = processor(text=texts, images=[row.pixels for row in rows], return_tensors="pt", padding=True)
    labels = torch.tensor([wanted.index(kind) for kind in kinds])
    return torch.nn.functional.cross_entropy(model(**inputs).logits_per_image, labels)


@torch.no_grad()
def _zero_shot(model: Any, processor: Any, rows: Sequence[Picture]) -> float:
    kinds = list(product(COLOURS, SHAPES))
    texts = [TEMPLATES[1].format(*kind) for kind in kinds]
    inputs = processor(text=texts, images=[row.pixels for row in rows], return_tensors="pt", padding=True)
    guess = model(**inputs).logits_per_image.argmax(-1).tolist()
    return sum(kinds[at] == (row.colour, row.shape) for at, row in zip(guess, rows, strict=True)) / len(rows)
