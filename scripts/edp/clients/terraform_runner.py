"""python-terraform's building of arguments, with the processes of our own door."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from python_terraform import IsFlagged, IsNotFlagged
from python_terraform import Terraform as Library

from edp.clients.process import Completed
from edp.clients.terraform_options import Flag, Option
from edp.errors import InvalidInputError

Start = Callable[[tuple[str, ...]], Completed]
_WORDS: Final = {Flag.SET: IsFlagged, Flag.UNSET: IsNotFlagged}


class Runner(Library):  # type: ignore[misc]  # the library has no types
    """One command in one folder. Not for two threads, and not for a second command."""

    def __init__(self, folder: Path, program: Path, start: Start) -> None:
        super().__init__(working_dir=str(folder), terraform_bin_path=str(program))
        # An empty one would still become a file and an argument.
        self.variables = None
        self._start = start

    def __getattr__(self, name: str) -> Any:
        """A name that is not there is an error; the library would start a command of that name."""
        raise AttributeError(name)

    def read_state_file(self, file_path: str | None = None) -> None:  # noqa: ARG002
        """Never: the library would take the backend's configuration for the state."""
        self.tfstate = None

    def cmd(self, cmd: str, *args: str, **options: Option) -> Completed:
        """Run a command with these options before its arguments."""
        for argument in args:
            if argument.startswith("-"):
                raise InvalidInputError(f"terraform {cmd}: {argument!a} would be an option")
        words = {
            name: _WORDS[value] if isinstance(value, Flag) else value
            for name, value in options.items()
        }
        try:
            return self._start(tuple(self.generate_cmd_string(cmd, *args, **words)))
        finally:
            self.temp_var_files.clean_up()
