"""edp: promote stack versions through environments by pull requests."""

__version__ = "0.1.0"
