"""Training memory of Llama-like models, counted in real steps and predicted without memory."""

import pytest

from grader.measuring.causal_memory import Training, count, predict
from grader.measuring.memory import account

TINY = {
    "vocab_size": 200,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "tie_word_embeddings": True,
}
PARAMETERS = 200 * 32 + 32 + 2 * (2 * 32 + 2 * 32 * 32 + 2 * 16 * 32 + 3 * 32 * 64)


@pytest.mark.parametrize("method", ["full", "lora"])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_the_prediction_without_memory_agrees_with_real_steps(method, checkpointing):
    training = Training(TINY, method, 2, 32, "float32", checkpointing, rank=4)
    real, predicted = count(training), predict(training)

    for part in ("weights", "gradients", "optimizer", "optimizer_steps"):
        assert predicted[part] == real[part]
    # attention is another kernel there, and nearly everything in a model this small
    assert predicted["peak"] == pytest.approx(real["peak"], rel=0.1)


def test_full_training_has_the_bytes_of_the_formula_and_shared_embeddings_once():
    counted = count(Training(TINY, "full", 1, 8))
    buffers = 2 * 4 * 4  # inverse frequencies of the rotation, twice

    assert counted["weights"] == account(PARAMETERS, PARAMETERS, 0)["weights"] + buffers
    assert counted["gradients"] == 4 * PARAMETERS
    assert counted["optimizer"] == 8 * PARAMETERS


def test_half_precision_halves_weights_gradients_and_moments():
    single, half = (count(Training(TINY, "full", 1, 8, dtype)) for dtype in ("float32", "bfloat16"))

    assert half["gradients"] * 2 == single["gradients"]
    assert half["optimizer"] * 2 == single["optimizer"]


def test_lora_keeps_the_weights_and_saves_gradients_and_state():
    full, lora = (count(Training(TINY, method, 2, 32, rank=4)) for method in ("full", "lora"))
    trainable = 2 * 4 * ((32 + 32) + (32 + 16) + (32 + 16) + (32 + 32))

    assert lora["gradients"] == 4 * trainable
    assert lora["weights"] == full["weights"] + 4 * trainable
    assert lora["peak"] < full["peak"]


def test_checkpointing_saves_activations():
    plain, again = (count(Training(TINY, "full", 2, 32, checkpointing=on)) for on in (False, True))

    assert again["activations"] < plain["activations"] / 2


def test_an_unknown_dtype_is_refused():
    with pytest.raises(ValueError, match="int8 is none of"):
        predict(Training(TINY, "full", 1, 8, "int8"))
