"""Tags."""

from dataclasses import dataclass

from forgejo.fields import Fields, Json
from forgejo.paging import PaginatedList, Source, paginated
from forgejo.paths import ref_name, ref_segments
from forgejo.place import Place, given


@dataclass(frozen=True)
class Tag:
    """A tag; `id` is the tag object of an annotated tag, else the commit itself.

    `message` of a lightweight tag is that of its commit.
    """

    name: str
    id: str
    commit_sha: str
    message: str

    @property
    def is_annotated(self) -> bool:
        """Whether there is a tag object."""
        return self.id != self.commit_sha


def parse_tag(value: Json) -> Tag:
    """Read a tag."""
    fields = Fields.of(value, "tag")
    commit_sha = fields.child("commit", "tag commit").sha("sha")
    return Tag(fields.text("name"), fields.sha("id"), commit_sha, fields.text("message"))


def get_tag(place: Place, name: str) -> Tag:
    """One tag."""
    return place.get(f"/tags/{ref_segments(name)}", parse_tag)


def list_tags(place: Place) -> PaginatedList[Tag]:
    """All tags."""
    return paginated(Source(place.session, f"{place.path}/tags", parse_tag, lambda tag: tag.name))


def create_tag(place: Place, name: str, target: str, message: str | None) -> Tag:
    """Create a tag, annotated if there is a message."""
    body = given(tag_name=ref_name(name), target=ref_name(target), message=message)
    return place.create("/tags", body, parse_tag)


def delete_tag(place: Place, name: str) -> None:
    """Delete a tag."""
    place.run("DELETE", f"/tags/{ref_segments(name)}")
