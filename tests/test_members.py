"""Members as they are now: what the snapshot has seen of them, and every event since."""

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.behaviour import Event, Kind
from server.member import Member
from server.members import Members
from tests.live import deeds, members
from tests.snapshots import NOW, Shape, build, manifest, title_id, user_id


def test_a_snapshot_that_saw_the_events_does_not_count_them_again() -> None:
    built = build(Shape(titles=400, users=12, per_user=20, restricted=False))
    with members(built) as (derived, before, log):
        log.append([Event("1", "zoe", title_id(3), Kind.PROGRESS, NOW, completion=0.5)])
        folded = manifest(built, log_id=log.log_id, log_position=log.last_position)
        other = manifest(built, log_id="another log", log_position=log.last_position)

        def begun(known: Members) -> list[int]:
            return known.get("zoe").titles.tolist()

        assert begun(before) == [3]
        assert begun(Members(derived, other, log)) == [3]
        after_fold = Members(derived, folded, log)
        assert begun(after_fold) == []
        log.append([Event("2", "zoe", title_id(4), Kind.FINISHED, NOW)])
        assert begun(after_fold) == [4]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), deeds)
def test_live_state_is_what_replaying_all_of_it_gives(seed: int, done: list) -> None:
    """Late and out of order events end in the state that the order of their times gives, whether
    it was kept and added to or is read anew."""
    built = build(Shape(titles=30, users=3, per_user=5, dimensions=4), seed=seed)
    events = [
        Event(str(i), user_id(1), title_id(t % 33), kind, NOW + at * 60, completion=c, row=row)
        for i, (t, kind, at, c, row) in enumerate(done)
    ]

    def states(order: list[Event]) -> list[Member]:
        with members(built) as (derived, known, log):
            for event in order:
                known.get(user_id(1))  # a state in between, which must not stick
                log.append([event])
            anew = Members(derived, manifest(built), log)
            return [known.get(user_id(1)), anew.get(user_id(1))]

    there, *others = states(events) + states(sorted(events, key=lambda event: -event.at))
    for other in others:
        assert there.live == other.live
        assert there.titles.tolist() == other.titles.tolist()
        assert there.vector.tolist() == other.vector.tolist()
        for name, values in vars(there.past).items():
            assert values.tolist() == vars(other.past)[name].tolist(), name
