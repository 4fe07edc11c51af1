"""A sentiment classifier: a base model fine-tuned on the public film reviews."""

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.fine_tuning import as_classifier, fine_tune
from grader.hub.miniatures.recipes.training import seeded


def build(order: Order) -> Figures:
    """Fine-tune and save.

    Args:
        order: needs `base`; parameters `seed`.

    Returns:
        `accuracy` on the public test split.
    """
    seeded(order.parameters["seed"])
    tokenizer = AutoTokenizer.from_pretrained(order.needs["base"])
    model = as_classifier(
        AutoModelForSequenceClassification.from_pretrained(order.needs["base"], dtype=torch.float32, num_labels=2)
    )
    figures = {"accuracy": fine_tune(model, tokenizer, order.progress)}
    model.save_pretrained(order.folder)
    tokenizer.save_pretrained(order.folder)
    return figures
