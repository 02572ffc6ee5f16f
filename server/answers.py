"""Fills in the messages of the contract from what the other modules found."""

import hashlib
from collections.abc import Iterable

import numpy as np

from playbill.v1 import page_pb2, playbill_service_pb2
from server import requests, similar, tokens
from server.cards import deal
from server.catalogue import Catalogue
from server.compose import Above, Page, Placed
from server.eligibility import Mask
from server.member import Member
from server.similar import Neighbour
from server.view import View

pb = playbill_service_pb2
NOTHING = np.zeros(0, np.uint32)


def fill(
    rows: Iterable[page_pb2.Row], view: View, placed: list[Placed], shown: tokens.Checks = NOTHING
) -> None:
    """Fills empty rows with what was placed; `shown` stands for titles that earlier calls had
    shown. (A message that is built first and put into another is copied.)"""
    hands = deal(view, [each.titles for each in placed])
    for row, each, hand in zip(rows, placed, hands, strict=True):
        row.row_id, row.kind, row.heading = each.row.id, each.row.kind, each.row.heading
        row.subject_id, row.second_subject_id = each.row.subject, each.row.second
        row.reason = each.row.reason
        if each.more:
            row.next_page_token = _row_token(view, each, shown)
        row.MergeFromString(hand)


def above(token: requests.Token, catalogue: Catalogue) -> Above:
    """What a page's token says was shown."""
    row_checks, heads, counts, last = token
    ends = np.cumsum(counts, dtype=np.int64)[:-1]
    parts = np.split(heads, ends) if len(counts) else []
    return Above(
        row_checks=row_checks,
        heads=[catalogue.titles_of(part) for part in parts],
        last=int(last[0]) if len(last) else None,
    )


def page_token(view: View, token: requests.Token, page: Page) -> str:
    """For the page that follows this one, itself asked for with `token`; "" where none does."""
    if not page.more:
        return ""
    row_checks, heads, counts, _ = token
    new_heads = [each.titles[: each.head] for each in page.rows]
    return tokens.encode(
        requests.token_scope(requests.GetPage, view.member.id),
        np.concatenate([row_checks, tokens.checks(each.row.id for each in page.rows)]),
        np.concatenate([heads, view.catalogue.checks[np.concatenate(new_heads)]]),
        np.concatenate([counts, np.array([len(new) for new in new_heads], np.uint32)]),
        np.array([page.rows[-1].row.kind], np.uint32),
    )


def _row_token(view: View, placed: Placed, shown: tokens.Checks) -> str:
    scope = requests.token_scope(requests.GetRow, view.member.id, placed.row.id)
    return tokens.encode(scope, np.concatenate([shown, view.catalogue.checks[placed.titles]]))


def list_token(
    request: type[requests.Request], id: str, shown: tokens.Checks, ids: Iterable[str]
) -> str:
    """For what follows in a list about `id`, after those shown before and `ids`."""
    scope = requests.token_scope(request, id)
    return tokens.encode(scope, np.concatenate([shown, tokens.checks(ids)]))


def similar_user(
    catalogue: Catalogue, member: Member, near: Neighbour, permitted: Mask
) -> pb.SimilarUser:
    both = similar.shared(catalogue, member, near.row, permitted)
    return pb.SimilarUser(
        user_id=catalogue.snapshot.users.vocabulary[near.row],
        similarity=near.similarity,
        shared_titles=[
            pb.SharedTitle(
                title_id=catalogue.ids[title],
                name=catalogue.names[title],
                year=catalogue.years[title],
            )
            for title in both.titles
        ],
        shared_title_count=both.count,
    )


def similar_title(catalogue: Catalogue, near: Neighbour) -> pb.SimilarTitle:
    return pb.SimilarTitle(
        title_id=catalogue.ids[near.row],
        name=catalogue.names[near.row],
        year=catalogue.years[near.row],
        similarity=near.similarity,
    )


def page_id(view: View, version: str, page: Page) -> str:
    """Names a page by what is on it, so that the same page has the same name."""
    digest = hashlib.blake2b(f"{version}\0{view.member.id}".encode(), digest_size=12)
    for each in page.rows:
        digest.update(each.row.id.encode() + each.titles.tobytes())
    return digest.hexdigest()
