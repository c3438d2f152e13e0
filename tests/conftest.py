"""What every test relies on."""

import signal


def pytest_configure() -> None:
    """Whatever was started in the background ignores interrupts, and so would what tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
