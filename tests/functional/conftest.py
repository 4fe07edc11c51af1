"""What every functional test runs under."""

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def interrupts():
    """Let processes of the tests be interrupted, even where a shell has started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
