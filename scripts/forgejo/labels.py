"""Labels, and setting them on issues and pull requests."""

from dataclasses import dataclass

from forgejo.exceptions import ArgumentError, ValidationError
from forgejo.fields import Fields, Json, as_list
from forgejo.paging import PaginatedList, Source, paginated
from forgejo.paths import positive
from forgejo.place import Place


@dataclass(frozen=True)
class Label:
    """A label; its name need not be unique, its id is. `color` is six hex digits."""

    id: int
    name: str
    color: str
    description: str


def parse_label(value: Json) -> Label:
    """Read a label."""
    fields = Fields.of(value, "label")
    description = fields.optional("description", fields.text) or ""
    return Label(fields.integer("id"), fields.text("name"), fields.text("color"), description)


def parse_labels(fields: Fields) -> tuple[Label, ...]:
    """Read the labels of an issue or pull request."""
    return tuple(parse_label(item) for item in fields.optional_items("labels"))


def list_labels(place: Place) -> PaginatedList[Label]:
    """All labels of the repository, those of its organisation not included."""
    source = Source(place.session, f"{place.path}/labels", parse_label, lambda label: label.id)
    return paginated(source)


def create_label(place: Place, name: str, color: str, description: str) -> Label:
    """Create a label; Forgejo does not refuse a second one of the same name."""
    body: dict[str, Json] = {"name": name, "color": color, "description": description}
    return place.create("/labels", body, parse_label)


def add_labels(place: Place, number: int, ids: tuple[int, ...]) -> tuple[Label, ...]:
    """Add labels by id; ids that Forgejo drops silently are an error."""
    if not ids:
        raise ArgumentError("no label ids given")
    below = f"/issues/{positive(number, 'issue')}/labels"
    body: dict[str, Json] = {"labels": list(ids)}
    labels = place.change("POST", below, body, _parse_label_list)
    unknown = sorted(set(ids) - {label.id for label in labels})
    if unknown:
        raise ValidationError(f"no labels with the ids {unknown} in {place.full_name}")
    return labels


def _parse_label_list(value: Json) -> tuple[Label, ...]:
    return tuple(parse_label(item) for item in as_list(value, "labels"))


def remove_label(place: Place, number: int, label_id: int) -> None:
    """Take a label off; one that is not set is no error."""
    issue, label = positive(number, "issue"), positive(label_id, "label")
    place.run("DELETE", f"/issues/{issue}/labels/{label}")
