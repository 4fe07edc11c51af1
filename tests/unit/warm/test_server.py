import sys
import threading
from types import ModuleType, SimpleNamespace

from grader.warm.modules import import_all, warm_up
from grader.warm.server import remember, unfit


def test_a_process_with_two_threads_is_not_forked():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    reason = unfit()
    stop.set()
    thread.join()

    assert "threads" in reason


def test_a_process_that_has_used_a_gpu_is_not_forked(monkeypatch):
    torch = ModuleType("torch")
    torch.cuda = SimpleNamespace(is_initialized=lambda: True)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr("grader.warm.server.Path", lambda _path: SimpleNamespace(iterdir=lambda: iter("1")))

    assert unfit() == "the warm server has used a GPU"


def test_what_is_not_installed_is_left_for_children_to_say():
    assert import_all(["json", "no_such_module"]) == ("no_such_module",)


def test_the_warm_up_leaves_nothing_behind(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    warm_up()

    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


def test_what_children_have_to_put_right_is_taken_down(monkeypatch):
    import random

    mine = random.Random(1)
    memory = remember()

    assert mine in memory.generators
    assert memory.path == sys.path
