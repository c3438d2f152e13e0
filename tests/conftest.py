"""What every test relies on."""

import signal

from hypothesis import HealthCheck, settings

# No clock decides, and a run of today finds what the one of yesterday has found.
settings.register_profile(
    "edp", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("edp")


def pytest_configure() -> None:
    """Whatever was started in the background ignores interrupts, and so would what tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
