from grader.hub.miniatures.dice import dice, pick, shuffled


def test_the_same_name_gives_the_same_draws():
    assert [dice("a").random() for _ in range(2)] == [dice("a").random()] * 2
    assert dice("a").random() != dice("b").random()


def test_the_stream_is_the_one_that_the_snapshot_was_made_with():
    rng = dice("mini-imdb/train")
    assert [round(rng.random(), 6) for _ in range(3)] == [0.17118, 0.987052, 0.687064]


def test_every_item_can_be_picked():
    rng = dice("picks")
    assert {pick(rng, "abc") for _ in range(100)} == set("abc")


def test_shuffling_keeps_every_item():
    items = list(range(50))
    mixed = shuffled(dice("mix"), items)
    assert mixed != items
    assert sorted(mixed) == items
