"""Checks of lab 2.5.1: the models that are documented, and whether what is said of them is so."""

from calibration import thresholds
from hub_models import FIELDS, distinct, documented, facts, same
from licences import uses
from model_cards import quality
from words import some

from grader.checking.api import CheckFailure, check

WANTED, DEEP_DIVE = 10, 20
LEAST_TASKS, LEAST_LICENCES, LEAST_ARCHITECTURES, LEAST_SEARCHES = 4, 3, 3, 3
RANDOM = "Judge a model by its card, licence, size, downloads and results before you choose it: read them on the Hub."
#: What a search says about the form of its answer.
NOT_A_FILTER = {"full", "cardData", "config", "expand", "cursor", "limit", "direction"}
#: What `list_models` calls a sort, where the Hub has another word for it.
SORTS = {"last_modified": "lastModified", "created_at": "createdAt", "trending_score": "trendingScore"}


@check(points=5, cell="exercise-3", hint="Ten different models: list their ids in exercise 3, then save.")
def test_documented(artifacts, hub, run, evidence):
    """Ten models are documented in models.json, each once"""
    report = artifacts.fits_schema("models.json")
    evidence.equals("models.json is of", _stamp(report), f"{run.student_id}, seed {run.seed}")
    models = documented(artifacts, hub, run)
    number = len(distinct(models))
    evidence.at_least("Different models", number, WANTED, claimed=len(models))
    evidence.partial(number / WANTED)
    evidence.equals("Models that are listed twice", len(models) - number, 0, hint="Case does not make another model.")
    evidence.partial(number / len(models))


@check(points=10, cell="exercise-2", needs=[test_documented], hint="Take the id and `sha` that `model_info` gives.")
def test_exist(artifacts, hub, run, evidence):
    """Each model exists on the Hub at the revision that you state"""
    models = documented(artifacts, hub, run)
    unknown = [model.model_id for model in models if model.profile is None]
    elsewhere = [model.model_id for model in models if model.profile is not None and not model.exists]
    share = sum(model.exists for model in models) / len(models)
    for label, names, sentence, hint in (
        ("Ids that the Hub does not have", unknown, "The Hub has no", "Ids are copied from a listing, never typed."),
        (
            "Revisions that are none of their model's",
            elsewhere,
            "That revision is no commit of",
            "A revision belongs to one repository: `model_info(model_id).sha`.",
        ),
    ):
        listed = some(names)
        if not evidence.holds(
            label, not names, f"{sentence} {listed}.", measured=listed or "none", required="none", hint=hint
        ):
            evidence.partial(share)


@check(
    points=20, cell="exercise-2", needs=[test_documented], hint="Copy no number: read each from `model_info(model_id)`."
)
def test_facts(artifacts, hub, run, lab, evidence):
    """The facts of each model are those that the Hub states"""
    models = [model for model in documented(artifacts, hub, run) if model.profile is not None]
    if not models:
        raise CheckFailure("No model of yours is on this Hub, so there is nothing to compare.")
    floor = thresholds(lab)["facts"]["floor"]
    right = {
        field: [same(field, model.entry.get(field), facts(model.profile)[field]) for model in models]
        for field in FIELDS
    }
    share = sum(sum(row) for row in right.values()) / (len(FIELDS) * len(models))
    for field, row in right.items():
        wrong = [model for model, met in zip(models, row, strict=True) if not met]
        told = _difference(field, wrong[0]) if wrong else ""
        if not evidence.holds(
            f"{field} is right",
            not wrong,
            f"`{field}` is not the Hub's for {some(model.model_id for model in wrong)}: {told}.",
            measured=f"{len(models) - len(wrong)} of {len(models)} models",
            required=f"{len(models)} of {len(models)} models",
        ):
            evidence.partial((share - floor) / (1 - floor))
            _recognise(field, wrong, evidence)


@check(points=10, cell="exercise-3", needs=[test_documented], hint="Search for other tasks, licences and sizes.")
def test_breadth(artifacts, hub, run, evidence):
    """The models cover different tasks, licences, architectures and difficulties"""
    profiles = [model.profile for model in documented(artifacts, hub, run) if model.profile is not None]
    small = run.parameters["small_parameters"]
    rows = (
        ("Tasks", len({profile.task for profile in profiles} - {None}), LEAST_TASKS),
        ("Licences", len({profile.licenses for profile in profiles if profile.licenses}), LEAST_LICENCES),
        ("Architectures", len({profile.model_type for profile in profiles} - {None}), LEAST_ARCHITECTURES),
        (f"Models of at most {small:,} parameters", sum(0 < (one.parameters or 0) <= small for one in profiles), 1),
        ("Models that may not simply be sold", sum("yes" not in uses(one.licenses) for one in profiles), 1),
        ("Models that are gated or whose card tells nothing", sum(_hard_to_judge(hub, one) for one in profiles), 1),
    )
    met = sum(found >= least for _, found, least in rows)
    for label, found, least in rows:
        if not evidence.at_least(label, found, least):
            evidence.partial(met / len(rows))


@check(points=7, cell="exercise-4", needs=[test_documented], hint="Read the card of a model before you document it.")
def test_looked_at(artifacts, hub, run, evidence):
    """This run asked the Hub for the facts and for the card of each model"""
    names = [model.model_id for model in documented(artifacts, hub, run) if model.profile is not None]
    unasked = [name for name in names if not hub.looked_at(name)]
    unread = [name for name in names if not hub.card_asked(name)]
    share = 1 - len(set(unasked) | set(unread)) / max(1, len(names))
    for label, left, what in (("Asked for its facts", unasked, "facts"), ("Read its card", unread, "card")):
        if not evidence.holds(
            label,
            not left,
            f"The Hub was not asked for the {what} of {some(left)} in this run.",
            measured=f"{len(names) - len(left)} of {len(names)} models",
            required=f"{len(names)} of {len(names)} models",
        ):
            evidence.partial(share)
            evidence.mistake("model-chosen-at-random", RANDOM)


@check(points=3, cell="exercise-1", hint="Let `search` write down the query and how many models came back.")
def test_search_log(artifacts, hub, run, evidence):
    """The searches that you log are those that the Hub answered"""
    log = artifacts.fits_schema("search_log.json")
    evidence.equals("search_log.json is of", _stamp(log), f"{run.student_id}, seed {run.seed}")
    unclaimed = [search for search in hub.searches() if search.repo_type == "model"]
    entries, invented = log.objects("searches"), []
    for entry in entries:
        made = next((search for search in unclaimed if _is_search(entry, search)), None)
        if made is None:
            invented.append(entry)
        else:
            unclaimed.remove(made)  # one search is logged once
    queries = {str(sorted(entry.nested("query").plain().items())) for entry in entries if entry not in invented}
    evidence.at_least("Different searches, as the Hub saw them", len(queries), LEAST_SEARCHES, claimed=len(entries))
    evidence.holds(
        "No search is invented",
        not invented,
        f"The Hub answered no such search: {some(_query(entry) for entry in invented)}.",
        measured=f"{len(invented)} that the Hub does not know",
        required="none",
    )


@check(points=10, cell="exercise-5", needs=[test_documented], hint="Read the table of exercise 5 again.")
def test_licences(artifacts, hub, run, lab, evidence):
    """Your answer to "may it be sold?" follows from each licence"""
    models = [model for model in documented(artifacts, hub, run) if model.profile is not None]
    judged = [(model, uses(model.profile.licenses), model.entry.text("commercial_use")) for model in models]
    wrong = [
        f"{model.model_id} ({', '.join(model.profile.licenses) or 'no licence'}) is {right[0]}, not {said}"
        for model, right, said in judged
        if said not in right
    ]
    kinds = {right[0]: [said in uses for _, uses, said in judged if uses[0] == right[0]] for _, right, _ in judged}
    floor = thresholds(lab)["licences"]["floor"]
    if not evidence.holds(
        "Licences that are read right",
        not wrong,
        f"A licence says something else: {some(wrong)}.",
        measured=f"{len(models) - len(wrong)} of {len(models)}",
        required=f"{len(models)} of {len(models)}",
    ):
        evidence.partial((_balanced(kinds) - floor) / (1 - floor))
        if len({said for _, _, said in judged}) == 1:
            evidence.mistake("licence-not-read", "One answer for all of them: the licence of each card decides.")


@check(
    points=10, cell="exercise-4", needs=[test_documented], hint="Answer the five questions of exercise 4 for each card."
)
def test_card_quality(artifacts, hub, run, lab, evidence):
    """Your marks for the cards tell good ones from bare ones"""
    models = [model for model in documented(artifacts, hub, run) if model.profile is not None]
    judged = [(model, _quality(hub, model.profile), model.entry.integer("card_quality")) for model in models]
    off = [(model, ours, said) for model, ours, said in judged if min(abs(said - mark) for mark in ours) > 1]
    kinds = {bare: [row not in off for row in judged if (row[1][-1] <= 2) == bare] for bare in (True, False)}
    floor = thresholds(lab)["card_quality"]["floor"]
    told = [f"{model.model_id} earns {ours[0]}, you give {said}" for model, ours, said in off]
    if not evidence.holds(
        "Cards whose mark is ours, give or take one",
        not off,
        f"A card tells more or less than your mark says: {some(told)}.",
        measured=f"{len(judged) - len(off)} of {len(judged)}",
        required=f"{len(judged)} of {len(judged)}",
    ):
        evidence.partial((_balanced({kind: rows for kind, rows in kinds.items() if rows}) - floor) / (1 - floor))
        if any(ours[0] == 1 and said >= 3 for _, ours, said in off):
            evidence.mistake("placeholder-praised", "A card that tells nothing is no recommendation. Open it and look.")


@check(points=10, bonus=True, cell="exercise-8", needs=[test_exist, test_facts], hint="Optional: document ten more.")
def test_deep_dive(artifacts, hub, run, evidence):
    """Deep dive: twenty models are documented"""
    models = [model for model in documented(artifacts, hub, run) if model.text.strip()]
    number = len(distinct(models))
    evidence.at_least("Models with a judgement of yours", number, DEEP_DIVE)
    evidence.partial((number - WANTED) / (DEEP_DIVE - WANTED))


def _stamp(report) -> str:
    return f"{report.text('student_id')}, seed {report.integer('seed')}"


def _difference(field, model) -> str:
    return f"you report {_shown(model.entry.get(field))}, the Hub says {_shown(facts(model.profile)[field])}"


def _shown(value) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "nothing" if value in (None, [], "") else str(value)[:80]


def _recognise(field, wrong, evidence) -> None:
    """Name the usual ways to a number that is not the Hub's."""
    if field not in ("parameters", "weight_bytes"):
        return
    pairs = [(model.entry.get(field), facts(model.profile)[field]) for model in wrong]
    pairs = [(said, told) for said, told in pairs if isinstance(said, int | float) and told]
    if any(said and 0.4 < said * 1e6 / told < 2.5 for said, told in pairs):
        evidence.mistake("wrong-unit", "Count parameters and bytes one by one, not in millions.")
    elif any(said > 50 * told for said, told in pairs):
        evidence.mistake(
            "numbers-from-memory", "This is the size of the real model: this Hub serves another file. Ask `model_info`."
        )


def _hard_to_judge(hub, profile) -> bool:
    return profile.gated is not None or quality(hub.card(profile.repo_id), profile.metadata) == 1


def _quality(hub, profile) -> tuple[int, ...]:
    """Our mark; the card of a gated model cannot be read without access, which is a 1 as well."""
    mark = quality(hub.card(profile.repo_id, profile.revision), profile.metadata)
    return (1, mark) if profile.gated else (mark,)


def _balanced(kinds) -> float:
    """The mean over kinds of the share that is right, so that a frequent kind does not hide a rare one."""
    return sum(sum(rows) / len(rows) for rows in kinds.values()) / max(1, len(kinds))


def _is_search(entry, search) -> bool:
    asked = {name: _values(name, value) for name, value in entry.nested("query").plain().items() if value is not None}
    said = all(set(values) <= set(search.query.get(name, ())) for name, values in asked.items())
    return said and search.query.keys() - NOT_A_FILTER <= asked.keys() and search.results == entry.integer("found")


def _values(name: str, value) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(SORTS.get(str(one), str(one)) if name == "sort" else _word(one) for one in values)


def _word(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _query(entry) -> str:
    return ", ".join(f"{name}={value}" for name, value in entry.nested("query").plain().items())
