"""The models that are measured: a miniature, one of 0.1 B, one of the 1 B class, and 8 B by prediction only."""

from typing import Any

MINIATURE: dict[str, Any] = {
    "vocab_size": 1500,
    "hidden_size": 64,
    "intermediate_size": 172,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 512,
}
TENTH: dict[str, Any] = {
    "vocab_size": 32000,
    "hidden_size": 768,
    "intermediate_size": 2048,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "num_key_value_heads": 12,
    "max_position_embeddings": 2048,
}
#: The published fields of Llama 3.2 1B and Llama 3.1 8B.
ONE: dict[str, Any] = {
    "vocab_size": 128256,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
}
EIGHT: dict[str, Any] = ONE | {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "tie_word_embeddings": False,
}
MODELS = {"miniature": MINIATURE, "0.1 B": TENTH, "1 B": ONE}
