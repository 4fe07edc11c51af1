"""Keeping what contained code prints."""

import os
from pathlib import Path

import pytest

from grader.errors import InternalFault
from grader.sandbox.output import Output


def test_everything_up_to_the_limit_is_kept_and_all_is_counted(tmp_path):
    output = Output(tmp_path / "log", 10)
    os.write(output.writer, b"1234567")
    assert output.pump()
    assert not output.over
    os.write(output.writer, b"890abc")
    output.drain()
    assert (output.total, output.over) == (13, True)
    output.close()
    assert (tmp_path / "log").read_bytes() == b"1234567890"


def test_an_empty_pipe_is_not_waited_for(tmp_path):
    output = Output(None, 10)
    assert not output.pump()
    assert output.read_now() == b""
    os.write(output.writer, b"x")
    assert output.read_now() == b"x"
    output.started()
    assert not output.pump()
    output.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_our_fault():
    output = Output(Path("/dev/full"), 10)
    os.write(output.writer, b"x")
    with pytest.raises(InternalFault) as caught:
        output.pump()
    assert caught.value.code == "GR507"
    output.close()
