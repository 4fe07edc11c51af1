"""Further inputs of the probes of lab 2.5.0: what a solution that fits the ordinary case only does not expect."""

WORDS = ("naïve", "café", "crème brûlée", "ça alors", "Ærø", "Straße", "ελληνικά", "фильм", "映画", "🎬🍿")


def unusual_texts(draw, _parameters):
    """An empty text, another script, emoji, one word of many letters, and one far over the limit."""
    strange = draw.sample(WORDS, 4)
    letters = "".join(draw.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(draw.randint(30, 60)))
    batch = ["", " ".join(strange), letters, "ok"]
    return [
        {"texts": batch, "max_length": 48},
        {"texts": [f"{letters} {number}" for number in range(3)], "max_length": draw.randint(5, 8)},
        {"texts": [" ".join(draw.choice(("film", "dull", "fine")) for _ in range(400)), ""], "max_length": 64},
    ]


def unusual_configs(draw, _parameters):
    """Llama-like models with tied embeddings, with shared key heads, and with heads that are not h / n wide."""
    calls = []
    for tied, shared in ((True, 1), (False, 4), (True, 2)):
        heads = 4 * draw.randint(2, 12)
        calls.append(
            {
                "config": {
                    "model_type": "llama",
                    "vocab_size": draw.randint(30_000, 260_000),
                    "hidden_size": 64 * heads,
                    "intermediate_size": 128 * draw.randint(10, 150),
                    "num_hidden_layers": draw.randint(2, 80),
                    "num_attention_heads": heads,
                    "num_key_value_heads": heads // shared,
                    "head_dim": draw.choice((32, 96, 128)),
                    "tie_word_embeddings": tied,
                }
            }
        )
    return calls
