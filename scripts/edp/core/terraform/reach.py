"""What a Terraform root is made of: its folder, its modules, the files that these read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from edp.core.repository.problems import FileProblemsError, Problem, shown
from edp.core.repository.reading import read_model
from edp.core.terraform.configuration import Configuration, ModuleCall, Place, read_configuration
from edp.core.terraform.paths import cleaned, folder_of, is_below, is_configuration, is_values_file
from edp.core.terraform.references import READING, Base, Reference
from edp.core.terraform.root_file import RootFile
from edp.core.terraform.roots import ROOT_FILE, TerraformRoot, find_roots, root_path
from edp.core.terraform.values_file import check_values_file

_CALL: Final = re.compile(rf"\b(?:{'|'.join(sorted(READING))})\s*\(".encode())
_LINK: Final = "a symbolic link: where it leads is not reviewed"
_COPY: Final = "put the file itself here, or call a module"


@dataclass(frozen=True, slots=True)
class Tree:
    """A commit's files. `contents` has those that `paths.is_wanted` names and can be read."""

    paths: frozenset[str]
    contents: Mapping[str, bytes]
    links: frozenset[str] = frozenset()
    """Symbolic links and submodules; they are not in `paths`."""


@dataclass(frozen=True, slots=True)
class Use:
    """A file, or a folder with all below it, and what uses it."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Reach:
    """A Terraform root with everything that it is made of."""

    root: TerraformRoot
    file: RootFile
    configurations: tuple[Configuration, ...]
    """The root's own first, then its local modules."""
    uses: tuple[Use, ...]
    unknown: tuple[str, ...]
    """What cannot be told, as reasons for people."""
    problems: tuple[Problem, ...]
    """What is wrong whatever the policy says."""

    @property
    def own(self) -> Configuration:
        return self.configurations[0]


class TreeReader:
    """A tree whose folders are read once, however many Terraform roots use them."""

    def __init__(self, tree: Tree, *, like: "TreeReader | None" = None) -> None:
        """`like` is the reader of another tree, whose equal folders need not be read again."""
        self.tree = tree
        self.roots = find_roots(tree.paths)
        self._files = _by_folder(tree)
        self._like = like
        self._configurations: dict[str, Configuration] = {}
        self._reaches: dict[TerraformRoot, Reach] = {}

    def reach(self, root: TerraformRoot) -> Reach:
        """Everything that a Terraform root is made of."""
        if root not in self._reaches:
            self._reaches[root] = _Walk(self, root).run()
        return self._reaches[root]

    def configuration(self, folder: str) -> Configuration:
        """A folder's configuration, without any file if there is none."""
        if folder not in self._configurations:
            self._configurations[folder] = self._read(folder)
        return self._configurations[folder]

    def files(self, folder: str) -> Mapping[str, bytes | None]:
        """The configuration files of a folder; None for one whose content is not there."""
        return self._files.get(folder, {})

    def link_on(self, path: str) -> str | None:
        """The symbolic link that a path is or leads through."""
        steps = path.split("/")
        ways = ("/".join(steps[:count]) for count in range(1, len(steps) + 1))
        return next((way for way in ways if way in self.tree.links), None)

    def _read(self, folder: str) -> Configuration:
        files = self.files(folder)
        if self._like is not None and self._like.files(folder) == files:
            return self._like.configuration(folder)
        known = {path: content for path, content in files.items() if content is not None}
        return read_configuration(known, folder)


def _by_folder(tree: Tree) -> Mapping[str, Mapping[str, bytes | None]]:
    found: dict[str, dict[str, bytes | None]] = {}
    for path in sorted(tree.paths):
        if is_configuration(path):
            found.setdefault(folder_of(path), {})[path] = tree.contents.get(path)
    return found


@dataclass(slots=True)
class _Walk:
    """The way from a Terraform root through its modules."""

    reader: TreeReader
    root: TerraformRoot
    uses: list[Use] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def run(self) -> Reach:
        folder = root_path(self.root)
        file = self._root_file(f"{folder}/{ROOT_FILE}")
        self._check_values(folder, file)
        found: dict[str, Configuration] = {}
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            if folder not in found:
                found[folder] = self.reader.configuration(folder)
                waiting += reversed(list(self._look_into(found[folder])))
        return Reach(
            self.root,
            file,
            tuple(found.values()),
            tuple(dict.fromkeys(self.uses)),
            tuple(dict.fromkeys(self.unknown)),
            tuple(sorted(set(self.problems))),
        )

    def _root_file(self, path: str) -> RootFile:
        content = self.reader.tree.contents.get(path)
        if content is None:
            if path in self.reader.tree.paths:
                self._tell(Problem(path, 1, "", "cannot be read: it is too large"))
            return RootFile.default()
        try:
            file = read_model(RootFile, content, path=path)
        except FileProblemsError as exc:
            self._tell(*exc.problems)
            return RootFile.default()
        for one in file.var_file_paths(self.root):
            self.uses.append(Use(one, "a variable file"))
            self._check_link(one, Place(path, 1))
            if one not in self.reader.tree.paths:
                self._tell(Problem(path, 1, "varFiles", f"there is no {shown(one)}"))
        return file

    def _check_values(self, folder: str, file: RootFile) -> None:
        given = file.var_file_paths(self.root)
        for path, content in self.reader.tree.contents.items():
            if path in given or (folder_of(path) == folder and is_values_file(path)):
                problem = check_values_file(content, path)
                self._tell(*filter(None, (problem,)))

    def _look_into(self, configuration: Configuration) -> Iterator[str]:
        """Note what a folder uses; the folders of its local modules."""
        self._tell(*configuration.unreadable)
        for path, content in self.reader.files(configuration.folder).items():
            if content is None:
                self._tell(Problem(path, 1, "", "cannot be read: it is too large"))
        for link in sorted(self.reader.tree.links):
            if folder_of(link) == configuration.folder:
                self._tell(Problem(link, 1, "", _LINK, _COPY))
        for obscure, place in configuration.obscure:
            self.unknown.append(f"cannot tell what is read by {place}: {obscure.text}")
        for reference, place in configuration.references:
            self._look_at(reference, place, configuration.folder)
        for call in configuration.module_calls:
            yield from self._module(call, configuration.folder)

    def _look_at(self, reference: Reference, place: Place, folder: str) -> None:
        own = root_path(self.root)
        path = cleaned(folder if reference.base is Base.MODULE else own, reference.path)
        if not reference.function:
            is_around = path is None or (reference.path and is_below(own, path))
            if path is not None and not is_around:
                self.uses.append(Use(path, f"named in {place}"))
            return
        if path is None:
            self._leaves(place, reference.function, reference.path)
            return
        self.uses.append(Use(path, f"read in {place}"))
        self._check_link(path, place)
        if _CALL.search(self.reader.tree.contents.get(path, b"")):
            self.unknown.append(f"cannot tell what is read by the template {path}")

    def _module(self, call: ModuleCall, folder: str) -> Iterator[str]:
        if call.source is None:
            name = shown(call.name)
            self.unknown.append(f"cannot tell the source of module {name} in {call.place}")
        elif call.is_local:
            path = cleaned(folder, call.source)
            if path is None:
                self._leaves(call.place, "source", call.source)
            elif not self.reader.files(path) and self.reader.link_on(path) is None:
                message = f"there is no module in {shown(path)}"
                self._tell(Problem(call.place.path, call.place.line, "source", message))
            else:
                self._check_link(path, call.place)
                yield path

    def _leaves(self, place: Place, what: str, path: str) -> None:
        message = f"{shown(path)} is outside of the repository"
        self._tell(Problem(place.path, place.line, what, message, "keep it in the repository"))

    def _check_link(self, path: str, place: Place) -> None:
        link = self.reader.link_on(path)
        if link is not None:
            message = f"{shown(link)} is {_LINK}"
            self._tell(Problem(place.path, place.line, "", message, _COPY))

    def _tell(self, *problems: Problem) -> None:
        """A problem is also something that cannot be told."""
        self.problems += problems
        self.unknown += [f"cannot tell: {problem}" for problem in problems]
