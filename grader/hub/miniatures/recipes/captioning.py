"""A BLIP that says in five words what is on a picture of a shape."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration, BlipImageProcessor, BlipProcessor

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.pictures.shapes import COLOURS, SHAPES, SIZE, SIZES, Picture, pictures
from grader.hub.miniatures.recipes.training import batches, optimise, seeded

STEPS, BATCH, RATE = 2_400, 32, 1e-3
ENTRIES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "picture", "of", *SIZES, *COLOURS, *SHAPES)
IGNORED = -100


def build(order: Order) -> Figures:
    """Train and save.

    Args:
        order: parameters `seed`.

    Returns:
        `exact_match`: share of held-out pictures whose caption comes out word for word.
    """
    seeded(order.parameters["seed"])
    tokenizer = BertTokenizer(vocab={entry: at for at, entry in enumerate(ENTRIES)}, model_max_length=16)
    processor = BlipProcessor(
        image_processor=BlipImageProcessor(size={"height": SIZE, "width": SIZE}), tokenizer=tokenizer
    )
    model = BlipForConditionalGeneration(_config(tokenizer))
    rows = pictures("mini-shapes/train", 6_000)
    pixels = processor.image_processor(images=[row.pixels for row in rows], return_tensors="pt")["pixel_values"]
    losses = (
        _loss(model, tokenizer, pixels[batch], [rows[at] for at in batch])
        for batch in batches("captioning", len(rows), BATCH, STEPS)
    )
    optimise(model.parameters(), losses, STEPS, RATE, order.progress)
    figures = {"exact_match": _exact(model.eval(), processor, pictures("mini-shapes/test", 200))}
    model.save_pretrained(order.folder)
    processor.save_pretrained(order.folder)
    return figures


def _config(tokenizer: Any) -> BlipConfig:
    shared = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    return BlipConfig(
        text_config={
            **shared,
            "vocab_size": len(tokenizer),
            "encoder_hidden_size": 64,
            "max_position_embeddings": 16,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "bos_token_id": tokenizer.cls_token_id,
            "eos_token_id": tokenizer.sep_token_id,
            "sep_token_id": tokenizer.sep_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**shared, "image_size": SIZE, "patch_size": 4},
        projection_dim=64,
        image_text_hidden_size=64,
    )


def _loss(model: Any, tokenizer: Any, pixels: Tensor, rows: Sequence[Picture]) -> Tensor:
    encoded = tokenizer([row.caption for row in rows], padding=True, return_tensors="pt")
    ids = encoded["input_ids"]
    labels = ids.masked_fill(ids == tokenizer.pad_token_id, IGNORED)
    return model(pixel_values=pixels, input_ids=ids, attention_mask=encoded["attention_mask"], labels=labels).loss


@torch.no_grad()
def _exact(model: Any, processor: Any, rows: Sequence[Picture]) -> float:
    pixels = processor.image_processor(images=[row.pixels for row in rows], return_tensors="pt")["pixel_values"]
    told = processor.tokenizer.batch_decode(
        model.generate(pixel_values=pixels, max_length=12, do_sample=False), skip_special_tokens=True
    )
    return sum(one.strip() == row.caption for one, row in zip(told, rows, strict=True)) / len(rows)
