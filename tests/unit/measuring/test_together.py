"""Many models at once give what each gives alone."""

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification

from grader.measuring.together import Batch, Stack, all_at_once, one_by_one, try_both

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


def test_the_faster_way_is_found_by_trying():
    tried = []

    def way(name, size):
        def run(texts):
            tried.append((name, len(texts.ids)))
            return torch.ones(size, size) @ torch.ones(size, size)

        return run

    slow, fast, batches = way("slow", 1500), way("fast", 2), [batch(2), batch(3)]

    assert try_both(slow, fast, 1, batches).faster
    assert not try_both(fast, slow, 1, batches).faster
    assert tried[:6] == [(name, rows) for name in ("slow", "fast") for rows in (2, 2, 3)]  # the first one warms up


def test_one_model_tells_for_all_and_may_read_more_at_a_time():
    rows = []
    trial = try_both(lambda texts: rows.append(len(texts.ids)), lambda _: None, 1000, [batch(2), batch(2)], [batch(4)])

    assert rows == [4, 4]
    assert trial.tokens == 4 * 8
    assert trial.one_by_one > trial.at_once


def test_models_of_another_shape_are_refused(models):
    wide = BertForSequenceClassification(BertConfig(vocab_size=51, max_position_embeddings=16, **SIZES))

    with pytest.raises(ValueError, match="does not fit"):
        Stack(model(99), [dict(models[0].named_parameters()), dict(wide.named_parameters())])
    with pytest.raises(ValueError, match="no model"):
        Stack(model(99), [])
