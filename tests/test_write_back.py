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

    with_taste = int(snapshot.users.embedding.any(axis=1).sum())
    assert with_taste == 49  # somebody has no evidence of it
    bearing, tied, edges, members = written("all")
    assert bearing == tied
    assert (len(tied), edges) == (with_taste, 20 * with_taste)
    monkeypatch.setattr(write_back, "USERS", 20)
    some, some_tied, fewer, still = written("some")
    assert some == some_tied < tied
    assert len(some) == 20
    assert (fewer, still) == (20 * len(some), members)
    monkeypatch.setattr(write_back, "USERS", 10)
    assert written("fewer")[1] < some_tied  # the same as far as there is room


def test_another_model_s_neighbours_stand_in_place_of_the_last_one_s(store: Store) -> None:
    """Some stay, some come, some go; each once, with the score and the name of the newest."""
    for seed, version in ((0, "one"), (1, "two"), (1, "two")):
        snapshot = snapshots.build(snapshots.Shape(titles=30, users=40), seed=seed)
        for label in ("User", "Title"):
            part = getattr(snapshot, f"{label.lower()}s").vocabulary
            store.write_batches(f"MERGE (:{label} {{id: row.id}})", [{"id": id} for id in part.ids])
        manifest = snapshots.manifest(snapshot, version=version)
        write_back.write_back(store, snapshot, manifest, now=1)
    for label, part in (("User", snapshot.users), ("Title", snapshot.titles)):
        found = store.read(
            f"MATCH (a:{label})-[r:SIMILAR_TO]->(b:{label}) "
            "RETURN a.id AS a, b.id AS b, r.score AS score, r.model AS model"
        )
        wanted = {
            (part.vocabulary[row], part.vocabulary[near]): score
            for row in range(len(part.vocabulary))
            for near, score in zip(
                part.similar[row, : write_back.SIMILAR].tolist(),
                part.similarity[row, : write_back.SIMILAR].tolist(), strict=True,
            )
            if near >= 0
        }  # fmt: skip
        assert len(found) == len(wanted)
        assert {edge["model"] for edge in found} == {"two"}
        for edge in found:
            assert abs(edge["score"] - wanted[edge["a"], edge["b"]]) < 1e-6
