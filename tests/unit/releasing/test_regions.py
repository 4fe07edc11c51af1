from grader.releasing.regions import solution_lines, strip

SOURCE = "a = 1\n### BEGIN SOLUTION\nb = a  # the trick\n\n    \n### END SOLUTION\nc = 3"


def test_the_lines_of_a_solution_are_those_between_the_markers():
    assert solution_lines(SOURCE, "cell") == ("b = a  # the trick",)
    assert solution_lines("a = 1", "cell") == ()


def test_lines_outside_of_a_region_stay_as_they_are():
    assert strip(SOURCE, "cell", "Exercise 2", "do it") == (
        'a = 1\nraise NotImplementedError("Exercise 2: do it")\nc = 3'
    )
