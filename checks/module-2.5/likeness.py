"""How alike texts are: shares of common runs of words, once names, numbers and plain facts are taken out."""

import re
from itertools import combinations

from model_cards import body, own_terms, terms

PAIR_RUN, COPY_RUN = 3, 4
_WORD = re.compile(r"[a-z][a-z'-]*")
#: Words that say nothing of a model.
_COMMON = frozenset(
    _WORD.findall(
        "about above after all also and any are been before but can does down each few for from get has have "
        "having here hub into its just large larger largest like listed looking made many may mean model "
        "models more most name names needed next only other others out over own part real results same says "
        "should small that the their them then there these they this those told under used very want wants "
        "was were what where which who whose will with worth better files public open"
    )
)
_SILENCE = re.compile(
    r"\b(no|not|nothing|never|nobody|none|without|missing|lacks?|empty|silent|unknown|hardly|barely|little|placeholder"
    r"|unclear|undocumented|gated|unreadable)\b"
)
#: A card with fewer terms of its own has next to nothing to tell; that is then what a text must say.
THIN = 6
LEAST_NAMED = 2


def pair_likeness(models) -> list[tuple[float, str, str]]:
    """Every pair of texts with the share of their runs of words that they have in common, most alike first."""
    runs = {model.model_id: _runs(_bare(model), PAIR_RUN) for model in models}
    found = [
        (len(runs[one] & runs[other]) / len(runs[one] | runs[other]), one, other)
        for one, other in combinations(sorted(runs), 2)
        if runs[one] or runs[other]
    ]
    return sorted(found, reverse=True)


def copied(model, card: str | None) -> float:
    """The share of a text's runs of words that stand in the card as they are."""
    theirs = _runs(_WORD.findall(body(card or "").lower()), COPY_RUN)
    own = _runs(_WORD.findall(model.text.lower()), COPY_RUN)
    return len(own & theirs) / len(own) if own else 0.0


def named(model, hub) -> frozenset[str]:
    """What a text names that its card tells and few other cards do; not the id, and no plain fact."""
    return (_own(model, hub) & terms(model.text)) - _COMMON


def is_specific(model, hub) -> bool:
    """Whether a text is about its model: it names things of its card, or says that this card has next to nothing."""
    if len(named(model, hub)) >= LEAST_NAMED:
        return True
    text, thin = model.text.lower(), len(_own(model, hub) - _COMMON) < THIN
    told = "card" in text or "readme" in text or "document" in text
    return (thin or model.profile.gated is not None) and told and bool(_SILENCE.search(text))


def _own(model, hub) -> frozenset[str]:
    return frozenset(
        term
        for term in own_terms(hub).get(model.profile.repo_id, frozenset()) - _plain_facts(model)
        if not term.isdigit() or len(term) > 2
    )


def _plain_facts(model) -> frozenset[str]:
    """Words of the id and of the facts that every entry states anyway."""
    profile = model.profile
    told = [profile.repo_id, profile.task, profile.library, profile.model_type, *profile.licenses]
    text = " ".join(str(value) for value in told if value).lower()
    return terms(text) | frozenset(_WORD.findall(text)) | terms(re.sub(r"[^a-z0-9.]+", " ", text))


def _bare(model) -> list[str]:
    """The words of a text without id, facts and numbers."""
    text = model.text.lower().replace(model.model_id.lower(), " ")
    facts = _plain_facts(model) if model.profile else terms(model.model_id.lower())
    return [word for word in _WORD.findall(text) if word not in facts]


def _runs(words: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}
