"""Where a picture comes from and what came from it, drawn as a tree and in words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import texts
from bot.drawing.sheet import Cell
from bot.drawing.tree import Node, draw_tree
from bot.reply import Line, PictureView
from bot.service.desk import Request
from bot.service.showing.differing import differences, is_enlarged_from
from bot.service.showing.sheets import Sight
from generation.recipe import Recipe
from storage.families import Children
from storage.ids import parse_id, picture_id
from storage.records import JobRecord, PictureRecord, Viewer

ANCESTORS: Final = 4
CHILDREN: Final = 5
GRANDCHILDREN: Final = 2
"""What came from each of those that came from it."""
CHANGES: Final = 2
"""How many changes are told beside an arrow."""


@dataclass(frozen=True, slots=True)
class Family:
    """What is said and drawn of the relatives of a picture; nothing where there are none."""

    lines: tuple[Line, ...] = ()
    drawings: tuple[PictureView, ...] = ()


@dataclass(frozen=True, slots=True)
class _Member:
    """A job in a family, and the picture of it that the others came from."""

    job: JobRecord
    picture: PictureRecord | None
    sight: Sight

    @property
    def recipe(self) -> Recipe:
        return self.job.recipe if self.picture is None else self.picture.recipe


@dataclass(frozen=True, slots=True)
class _Branch:
    """A member with what came from it; without one, words for those that are not shown."""

    member: _Member | None
    word: str = ""
    change: str = ""
    children: tuple[_Branch, ...] = ()

    def members(self) -> Iterator[_Member]:
        """Yield all that are in it."""
        if self.member is not None:
            yield self.member
        for child in self.children:
            yield from child.members()


async def family(request: Request, job: JobRecord, picture: PictureRecord | None) -> Family:
    """Return the relatives of a job, or of one of its pictures, that may be seen with it.

    A reply about a job that is not private is for everybody there, and so is what it shows.
    """
    return await _Relatives(request, job, picture).family()


class _Relatives:
    def __init__(self, request: Request, job: JobRecord, picture: PictureRecord | None) -> None:
        self._request = request
        self._store = request.desk.store
        self._job = job
        self._picture = picture
        at = request.invocation.reply_to
        self._alone = job.private or at.platform in request.desk.views.safety.own
        # Nobody's own jobs of elsewhere are for everybody here.
        self._viewer = request.viewer if self._alone else Viewer("", at.place)

    async def family(self) -> Family:
        ids = [picture.id for picture in (self._picture,) if picture] or _pictures_of(self._job)
        children = await self._children((self._job.id, *ids), CHILDREN)
        earlier = await self._store.families.ancestors(self._job, ANCESTORS + 1)
        if not children.jobs and not earlier:
            return Family()
        below = {
            child.id: await self._children((child.id, *_pictures_of(child)), GRANDCHILDREN)
            for child in children.jobs
        }
        members = await self._members(earlier, children, below)
        # Prompts are compared in it, and many long ones take their time.
        tree = await asyncio.to_thread(self._tree, members, children, below, earlier)
        newest = [child.id for child in children.jobs]
        lines = (texts.came_from_it(children.count, newest),) if newest else ()
        return Family(lines, await self._drawn(tree))

    async def _children(self, of: Sequence[str], most: int) -> Children:
        return await self._store.families.children(of, self._viewer, most)

    async def _members(
        self,
        earlier: Sequence[JobRecord],
        children: Children,
        below: Mapping[str, Children],
    ) -> Mapping[str, _Member]:
        """Return all that are to be drawn, by the ids of their jobs."""
        named = dict(_named((self._job, *earlier)))
        jobs = [*earlier, *children.jobs, *(job for each in below.values() for job in each.jobs)]
        pictures = await self._store.pictures.of_jobs([self._job.id, *(job.id for job in jobs)])
        found = {
            job.id: self._member(job, pictures.get(job.id, ()), named.get(job.id)) for job in jobs
        }
        index = None if self._picture is None else self._picture.index
        found[self._job.id] = self._member(self._job, pictures.get(self._job.id, ()), index)
        return found

    def _member(
        self, job: JobRecord, pictures: Sequence[PictureRecord], index: int | None
    ) -> _Member:
        """Return a job with its picture of a number, or with its first, as it may be seen."""
        at, sheets = self._request.invocation.reply_to, self._request.desk.sheets
        if job.deleted:
            return _Member(job, None, sheets.sight(None, at, "", texts.DELETED_PLACE))
        if not self._may_see(job):
            return _Member(job, None, sheets.sight(None, at, "", texts.PRIVATE_PLACE))
        picture = next((each for each in pictures if index in (None, each.index)), None)
        label = texts.sheet_label(job.id, len(pictures))
        if index is not None:
            label = texts.sheet_label(picture_id(job.id, index))
        word = "" if picture else texts.DELETED_PLACE
        return _Member(job, picture, sheets.sight(picture, at, label, word))

    def _may_see(self, job: JobRecord) -> bool:
        if job.id == self._job.id or not job.private:
            return True
        return self._alone and self._request.may_see(job)

    def _tree(
        self,
        members: Mapping[str, _Member],
        children: Children,
        below: Mapping[str, Children],
        earlier: Sequence[JobRecord],
    ) -> _Branch:
        return self._upwards(members, self._downwards(members, children, below), earlier)

    def _downwards(
        self, members: Mapping[str, _Member], children: Children, below: Mapping[str, Children]
    ) -> _Branch:
        branches = []
        for child in children.jobs:
            more = below[child.id]
            leaves = [self._after(members, job) for job in more.jobs]
            branch = self._after(members, child)
            branches.append(replace(branch, children=(*leaves, *_more(more))))
        return _Branch(members[self._job.id], children=(*branches, *_more(children)))

    def _upwards(
        self, members: Mapping[str, _Member], branch: _Branch, earlier: Sequence[JobRecord]
    ) -> _Branch:
        """Put a branch below those that it came from, as far as that is known."""
        job = self._job
        for number, parent in enumerate(earlier):
            branch = replace(branch, change=self._change(members.get(parent.id), members[job.id]))
            if number == ANCESTORS - 1 and len(earlier) > ANCESTORS:
                return _Branch(None, texts.FAMILY_EARLIER, children=(branch,))
            branch, job = _Branch(members[parent.id], children=(branch,)), parent
            if parent.deleted or not self._may_see(parent):
                break
        return branch

    def _after(self, members: Mapping[str, _Member], job: JobRecord) -> _Branch:
        parent = members.get(parse_id(job.parent or job.id).job)
        member = members[job.id]
        return _Branch(member, change=self._change(parent, member))

    def _change(self, before: _Member | None, now: _Member) -> str:
        """Say in a few words what is otherwise; nothing of what may not be seen."""
        if before is None or before.picture is None or now.picture is None:
            return ""
        if now.job.plan:
            return texts.COMPARED if now.job.sheet else texts.ALTERNATIVES
        at, safety = self._request.invocation.reply_to, self._request.desk.views.safety
        if "withheld" in (safety.of(before.picture, at), safety.of(now.picture, at)):
            return ""
        return briefly(before.recipe, now.recipe, of_itself=now.job.command != "reroll")

    async def _drawn(self, tree: _Branch) -> tuple[PictureView, ...]:
        """Return the drawing, where there is more than one picture to be seen on it."""
        sights = [member.sight for member in tree.members()]
        if sum(sight.picture is not None for sight in sights) < 2:
            return ()
        shown = self._job.id if self._picture is None else self._picture.id
        title = texts.FAMILY_TITLE.format(id=shown)
        root = _node(tree, self._job.id)
        drawing = await self._request.desk.sheets.drawn(
            self._job.id, sights, _outline(root), title, lambda: draw_tree(root)
        )
        return () if drawing is None else (drawing,)


def briefly(before: Recipe, now: Recipe, *, of_itself: bool) -> str:
    """Say in a few words what is otherwise in a recipe than in the one that it was made from."""
    again = of_itself and is_enlarged_from(before, now)
    if now.upscale is not None and (again or now.upscale != before.upscale):
        return texts.enlarged_briefly(now.upscale.scale)
    words: list[str] = []
    is_reseeded = False
    for each in differences(before, now, of_itself=of_itself):
        if each.is_of_seed:
            is_reseeded = True
        elif each.what == "image" and of_itself and now.image is not None:
            words.append(texts.redrawn_briefly(now.image.strength))
        else:
            words.append(each.words)
    words = list(dict.fromkeys(words))
    if is_reseeded and not words:
        return texts.CHANGED_SEED
    return ", ".join(words[:CHANGES]) + (", …" if len(words) > CHANGES else "")


def _pictures_of(job: JobRecord) -> list[str]:
    return [picture_id(job.id, index) for index in range(1, job.count + 1)]


def _named(jobs: Iterable[JobRecord]) -> Iterable[tuple[str, int | None]]:
    """Yield which picture of each of some jobs another one came from; none where it was all."""
    for job in jobs:
        if job.parent:
            parent = parse_id(job.parent)
            yield parent.job, parent.picture


def _more(children: Children) -> tuple[_Branch, ...]:
    more = children.count - len(children.jobs)
    return (_Branch(None, texts.family_more(more)),) if more else ()


def _node(branch: _Branch, marked: str) -> Node:
    children = tuple(_node(each, marked) for each in branch.children)
    if branch.member is None:
        return Node(Cell(None, word=branch.word), "", children, words=True)
    member = branch.member
    return Node(member.sight.cell, branch.change, children, marked=member.job.id == marked)


def _outline(node: Node) -> list[object]:
    """Return what of a tree is not in its pictures."""
    return [node.cell.label, node.cell.word, node.change, [_outline(e) for e in node.children]]
