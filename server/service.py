"""The servicer: each method reads its request, asks the other modules, and fills in the answer."""

from collections.abc import Callable
from dataclasses import replace

import grpc
import numpy as np

from graph.events import EventLog
from graph.log_file import BUSY_SECONDS
from playbill.errors import NotFound
from playbill.v1 import event_pb2, playbill_service_pb2, playbill_service_pb2_grpc
from server import answers, candidates, cards, compose, eligibility, reports, requests, similar
from server.asked import Asked
from server.catalogue import Catalogue
from server.compose import Placed
from server.faults import answered, still_wanted
from server.requests import parse
from server.views import Looked
from server.watcher import Serving, Watcher

pb = playbill_service_pb2
Context = grpc.ServicerContext


class Service(playbill_service_pb2_grpc.PlaybillServiceServicer):
    """`now` gives seconds since 1970."""

    def __init__(self, watcher: Watcher, events: EventLog, *, now: Callable[[], float]) -> None:
        self._watcher = watcher
        self._events = events
        self._now = now

    @answered
    def GetPage(self, request: pb.GetPageRequest, context: Context) -> pb.GetPageResponse:  # noqa: N802
        asked = parse(requests.GetPage, request)
        serving = self._watcher.serving()
        looked = self._look(serving, asked)
        view = looked.view
        composed = compose.compose(
            looked.candidates,
            size=asked.page_size,
            cards=asked.cards_per_row,
            above=answers.above(asked.page_token, serving.catalogue),
            still_wanted=lambda: still_wanted(context),
        )
        response = pb.GetPageResponse(
            next_page_token=answers.page_token(view, asked.page_token, composed),
            model_version=serving.manifest.version,
            page_id=answers.page_id(view, serving.manifest.version, composed),
        )
        answers.fill((response.rows.add() for _ in composed.rows), view, composed.rows)
        return response

    @answered
    def GetRow(self, request: pb.GetRowRequest, context: Context) -> pb.GetRowResponse:  # noqa: N802, ARG002
        asked = parse(requests.GetRow, request)
        serving = self._watcher.serving()
        view = self._look(serving, asked).view
        row = candidates.find(view, asked.row_id)
        (shown,) = asked.page_token
        best = row.best(len(shown) + asked.page_size + 1)
        if len(shown):
            best = best[~np.isin(serving.catalogue.checks[best], shown)]
        placed = Placed(row, best[: asked.page_size], 0, len(best) > asked.page_size)
        response = pb.GetRowResponse(model_version=serving.manifest.version)
        answers.fill([response.row], view, [placed], shown)
        return response

    @answered
    def ListSimilarUsers(  # noqa: N802
        self, request: pb.ListSimilarUsersRequest, context: Context
    ) -> pb.ListSimilarUsersResponse:
        asked = parse(requests.ListSimilarUsers, request)
        serving = self._watcher.serving()
        catalogue, member = serving.catalogue, serving.members.get(asked.user_id)
        (shown,) = asked.page_token
        near = similar.users(catalogue, member, size=asked.page_size, shown=shown)
        still_wanted(context)
        permitted = eligibility.permitted(catalogue, member, self._asked(asked))
        users = [answers.similar_user(catalogue, member, u, permitted) for u in near.found]
        response = pb.ListSimilarUsersResponse(
            similar_users=users, model_version=serving.manifest.version
        )
        if not member.known:
            response.reason = pb.NO_SIMILAR_USERS_REASON_NOT_ENOUGH_HISTORY
        if near.more:
            response.next_page_token = answers.list_token(
                requests.ListSimilarUsers, member.id, shown, (user.user_id for user in users)
            )
        return response

    @answered
    def ListSimilarTitles(  # noqa: N802
        self,
        request: pb.ListSimilarTitlesRequest,
        context: Context,  # noqa: ARG002
    ) -> pb.ListSimilarTitlesResponse:
        asked = parse(requests.ListSimilarTitles, request)
        serving = self._watcher.serving()
        catalogue = serving.catalogue
        title = _title(catalogue, asked.title_id)
        (shown,) = asked.page_token
        member = serving.members.get(asked.user_id) if asked.user_id else None
        allowed = eligibility.permitted(catalogue, member, self._asked(asked))
        if member is not None:
            allowed = eligibility.wanted(allowed, member)
        near = similar.titles(catalogue, title, size=asked.page_size, shown=shown, allowed=allowed)
        titles = [answers.similar_title(catalogue, found) for found in near.found]
        response = pb.ListSimilarTitlesResponse(
            similar_titles=titles, model_version=serving.manifest.version
        )
        if near.more:
            response.next_page_token = answers.list_token(
                requests.ListSimilarTitles, asked.title_id, shown, (t.title_id for t in titles)
            )
        return response

    @answered
    def GetTitle(self, request: pb.GetTitleRequest, context: Context) -> pb.GetTitleResponse:  # noqa: N802, ARG002
        asked = parse(requests.GetTitle, request)
        serving = self._watcher.serving()
        catalogue = serving.catalogue
        view = self._look(serving, asked).view
        title = _title(catalogue, asked.title_id)
        if not view.permitted[title]:
            raise NotFound(
                f"title {asked.title_id!r}: user {asked.user_id!r} may not be shown it (maturity, "
                "country or availability)."
            )
        titles = catalogue.snapshot.titles
        return pb.GetTitleResponse(
            card=cards.card(view, title),
            genres=[catalogue.snapshot.genres.name[genre] for genre in titles.genres[title]],
            runtime_minutes=int(titles.runtime[title]),
            model_version=serving.manifest.version,
        )

    @answered
    def RecordEvents(  # noqa: N802
        self,
        request: pb.RecordEventsRequest,
        context: Context,
    ) -> pb.RecordEventsResponse:
        asked = parse(requests.RecordEvents, request)
        titles = self._watcher.serving().catalogue.row_of
        batch = reports.sort_out(asked.events, titles=titles, now=self._now())
        wait = min(BUSY_SECONDS, context.time_remaining())
        appended = self._events.append(batch.good, wait=wait)
        return pb.RecordEventsResponse(
            refused=[
                event_pb2.RefusedEvent(index=index, event_id=id, reason=reason)
                for index, id, reason in batch.refused
            ],
            stored=appended.stored,
            duplicates=appended.duplicates,
        )

    @answered
    def GetModel(self, request: pb.GetModelRequest, context: Context) -> pb.GetModelResponse:  # noqa: N802, ARG002
        serving = self._watcher.serving()
        manifest = serving.manifest
        response = pb.GetModelResponse(
            version=manifest.version,
            metrics=manifest.metrics,
            counts=manifest.counts,
            code_version=manifest.code_version,
        )
        response.published_at.FromSeconds(serving.published_at)
        response.data_until.FromSeconds(manifest.data_until)
        return response

    def _look(
        self, serving: Serving, asked: requests.GetPage | requests.GetRow | requests.GetTitle
    ) -> Looked:
        here = replace(
            self._asked(asked),
            device=asked.device,
            utc_offset=asked.utc_offset_minutes,
            seed=0 if isinstance(asked, requests.GetTitle) else asked.seed,
        )
        return serving.views.look(serving.members.get(asked.user_id), here)

    def _asked(self, asked: requests.Bounded) -> Asked:
        """Of those that say where and within which bounds alone."""
        ceiling = -1 if asked.maturity_ceiling is None else asked.maturity_ceiling
        return Asked(asked.country, self._now(), maturity_ceiling=ceiling, kids=asked.kids)


def _title(catalogue: Catalogue, id: str) -> int:
    title = catalogue.row_of.get(id)
    if title is None:
        raise NotFound(f"title {id!r}: not in the catalogue of the snapshot that serves.")
    return title
