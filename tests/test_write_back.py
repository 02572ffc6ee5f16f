"""What is written of more users than the graph is to bear."""

from graph import write_back
from graph.store import Store
from tests import snapshots


def test_of_many_users_a_sample_bears_what_was_learned(store: Store, monkeypatch) -> None:
    snapshot = snapshots.build(snapshots.Shape(titles=30, users=50))
    ids = [{"id": id} for id in snapshot.users.vocabulary.ids]
    store.write_batches("MERGE (:User {id: row.id})", ids)

    def written(version: str) -> tuple[set[str], set[str], int, int]:
        """Users with an embedding, users with edges, edges, members."""
        manifest = snapshots.manifest(snapshot, version=version)
        write_back.write_back(store, snapshot, manifest, now=1)
        users = store.read(
            "MATCH (u:User) RETURN u.id AS id, u.embedding IS NOT NULL AS bears, "
            "COUNT { (u)-[:SIMILAR_TO {model: $model}]->(:User) } AS edges, "
            "COUNT { (u)-[:SIMILAR_TO]->(:User) } AS all, "
            "COUNT { (u)-[:MEMBER_OF]->() } AS member",
            model=version,
        )
        assert all(user["edges"] == user["all"] for user in users)
        return (
            {user["id"] for user in users if user["bears"]},
            {user["id"] for user in users if user["edges"]},
            sum(user["edges"] for user in users),
            sum(user["member"] for user in users),
        )

    bearing, tied, edges, members = written("all")
    assert len(tied) == 50
    monkeypatch.setattr(write_back, "USERS", 20)
    some, some_tied, fewer, still = written("some")
    assert some == some_tied & bearing  # somebody has no evidence of taste
    assert len(some_tied) == 20
    assert (fewer, still) == (edges * 20 // 50, members)
    monkeypatch.setattr(write_back, "USERS", 10)
    assert written("fewer")[1] < some_tied  # the same as far as there is room
