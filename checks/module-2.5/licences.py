"""What the licences of models allow: may the model be part of a product that is sold?"""

UNCLEAR = "unclear"
#: Licence of a card -> what may be answered. Naming the authors is a condition, if a light one: both answers count.
_USE = {
    **dict.fromkeys(
        ("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "afl-3.0", "isc", "cc0-1.0", "unlicense", "wtfpl"),
        ("yes",),
    ),
    **dict.fromkeys(("cc-by-4.0", "cc-by-3.0", "cc-by-2.0", "cc-by-sa-4.0", "cc-by-sa-3.0"), ("yes", "conditions")),
    **dict.fromkeys(
        ("llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "gemma", "openrail", "creativeml-openrail-m"),
        ("conditions",),
    ),
    **dict.fromkeys(
        ("bigscience-bloom-rail-1.0", "bigcode-openrail-m", "gpl-3.0", "agpl-3.0", "lgpl-3.0"),
        ("conditions",),
    ),
    **dict.fromkeys(
        ("cc-by-nc-4.0", "cc-by-nc-3.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-3.0", "fair-noncommercial"),
        ("no",),
    ),
}


def uses(licences) -> tuple[str, ...]:
    """Answers to "may it be sold?" that are right for the licences of a card; the first is the usual one."""
    known = [_USE.get(name, (UNCLEAR,)) for name in licences] or [(UNCLEAR,)]
    return known[0] if len(set(known)) == 1 else (UNCLEAR,)
