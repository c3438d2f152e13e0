"""`python -m edp`."""

from edp.cli import main

main()
