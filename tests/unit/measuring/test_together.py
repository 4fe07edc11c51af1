"""Many models at once give what each gives alone."""

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification

from grader.measuring.together import Batch, Stack, all_at_once, choose, evaluate, one_by_one

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def model(seed: int) -> BertForSequenceClassification:
    torch.manual_seed(seed)
    return BertForSequenceClassification(BertConfig(vocab_size=50, max_position_embeddings=16, **SIZES)).eval()


def batch(rows: int) -> Batch:
    ids = torch.arange(rows * 8).reshape(rows, 8) % 50
    mask = torch.ones_like(ids)
    mask[0, 5:] = 0
    return Batch(ids, mask)


@pytest.fixture
def models():
    return [model(seed) for seed in range(3)]


@pytest.fixture
def stack(models):
    return Stack(model(99), [dict(one.named_parameters()) for one in models])


def test_both_ways_give_the_logits_of_each_model_alone(models, stack):
    texts = batch(5)
    with torch.inference_mode():
        alone = torch.stack([one(input_ids=texts.ids, attention_mask=texts.mask).logits for one in models])

        assert torch.allclose(one_by_one(stack, texts), alone, atol=1e-6)
        assert torch.allclose(all_at_once(stack, texts), alone, atol=1e-5)


def test_all_texts_come_back_in_order_whatever_way_was_faster(models, stack):
    logits, way = evaluate(stack, [batch(4), batch(2)])

    with torch.inference_mode():
        last = models[2](input_ids=batch(2).ids, attention_mask=batch(2).mask).logits
    assert way in {"one by one", "all at once"}
    assert logits.shape == (3, 6, 2)
    assert torch.allclose(logits[2, 4:], last, atol=1e-5)


def test_one_model_is_never_mapped(models):
    alone = Stack(model(99), [dict(models[0].named_parameters())])

    assert evaluate(alone, [batch(2)])[1] == "one by one"


def test_the_way_is_chosen_by_trying(stack):
    tried = []

    def way(name, work):
        def run(_stack, _batch):
            tried.append(name)
            return torch.ones(work, work) @ torch.ones(work, work)

        return run

    ways = {"slow": way("slow", 1500), "fast": way("fast", 2)}

    assert choose(ways, stack, [batch(2), batch(2)]) == "fast"
    assert tried == ["slow", "slow", "fast", "fast"]


def test_models_of_another_shape_are_refused(models):
    wide = BertForSequenceClassification(BertConfig(vocab_size=51, max_position_embeddings=16, **SIZES))

    with pytest.raises(ValueError, match="does not fit"):
        Stack(model(99), [dict(models[0].named_parameters()), dict(wide.named_parameters())])
    with pytest.raises(ValueError, match="no model"):
        Stack(model(99), [])
