"""Hidden checks of lab 2.5.0: the same functions on inputs that an ordinary example does not show."""

import model_sizes
import tokens

from grader.checking.api import check


@check(
    points=5,
    cell="exercise-4",
    needs=["test_tokens"],
    hint="Try an empty text, other scripts, and a text far over the limit.",
)
def test_unusual_texts(probes, bases, lab, evidence):
    """Unusual texts are encoded as the tokenizer encodes them"""
    tokens.compare(probes.of("encode", "unusual_texts"), bases[lab.hub_models[0]], evidence)


@check(
    points=4,
    cell="exercise-8",
    hint="Do two layers share a weight? How many key and value heads are there, and how wide is one?",
)
def test_unusual_configs(probes, evidence):
    """Models that share embeddings or key heads are counted right"""
    for call in probes.of("config_parameters", "unusual_configs"):
        config = call.inputs["config"]
        shared = config["num_attention_heads"] // config["num_key_value_heads"]
        words = "tied" if config["tie_word_embeddings"] else "untied"
        right = model_sizes.config_parameters(config)
        if not evidence.equals(f"Parameters, {words}, {shared} queries for a key", call.number(), right):
            twice = call.number() - right == config["vocab_size"] * config["hidden_size"]
            evidence.mistake("tied-embeddings", "Tied embeddings are one matrix, not two.") if twice else None
