"""Communities on graphs whose answer is known."""

import numpy as np

from graph import communities


def test_groups_are_found_numbered_by_size_and_the_lonely_left_out() -> None:
    groups = [range(8, 19), range(8), range(19, 24)]  # where everyone knows everyone
    similar, similarity = np.full((25, 10), -1, np.int32), np.full((25, 10), 0.9, np.float32)
    for group in groups:
        for user in group:
            others = [other for other in group if other != user]
            similar[user, : len(others)] = others
    similar[0, 9], similarity[0, 9] = 20, 0.1  # a weak tie between two of them
    found = communities.find(similar, similarity, seed=3)
    assert found.dtype == np.int32
    assert found.tolist() == [1] * 8 + [0] * 11 + [2] * 5 + [-1]


def test_who_is_disliked_or_oneself_is_no_neighbour() -> None:
    similar = np.array([[1, 2], [0, 2], [0, 2]], np.int32)
    similarity = np.array([[0.8, -0.5], [0.8, 0.0], [-0.9, 1.0]], np.float32)
    assert communities.find(similar, similarity, seed=0).tolist() == [0, 0, -1]


def test_nobody_and_no_neighbours() -> None:
    for n in (0, 3):
        none = np.full((n, 20), -1, np.int32)
        assert communities.find(none, np.zeros((n, 20), np.float32), seed=0).tolist() == [-1] * n


def test_the_same_seed_gives_the_same_and_members_are_nearer_than_chance() -> None:
    rng = np.random.default_rng(5)
    group = rng.integers(0, 8, 2000)
    vectors = rng.normal(size=(8, 16))[group] + rng.normal(size=(2000, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -1)
    similar = np.argsort(-cosine, axis=1)[:, :20].astype(np.int32)
    similarity = np.take_along_axis(cosine, similar, 1).astype(np.float32)
    found = communities.find(similar, similarity, seed=7)
    assert np.array_equal(found, communities.find(similar, similarity, seed=7))
    sizes = np.bincount(found)
    assert sizes.tolist() == sorted(sizes, reverse=True)
    same_inside = np.mean(found[similar[:, 0]] == found)
    assert same_inside > 3 * np.sum((sizes / 2000) ** 2)


def test_the_two_scores_of_a_pair_are_added() -> None:
    similar = np.array([[1], [0], [0]], np.int32)
    graph = communities.similar_user_graph(similar, np.array([[0.5], [0.25], [1]], np.float32))
    assert sorted(graph.edges(data="weight")) == [(0, 1, 0.75), (0, 2, 1.0)]


def test_names_say_what_members_watch_more_than_others() -> None:
    community = np.array([0, 0, 1, 2, -1], np.int32)
    counts = np.array([[8, 2, 0], [8, 2, 0], [0, 10, 0], [9, 1, 0], [0, 0, 5]])
    assert communities.names(community, counts, ["Sci-Fi", "Drama", "War"]) == [
        "Sci-Fi",
        "Drama",
        "Sci-Fi (2)",
    ]


def test_members_who_watched_nothing_still_have_a_name() -> None:
    nothing = np.zeros((2, 2), int)
    assert communities.names(np.array([0, 0], np.int32), nothing, ["A", "B"]) == [
        "A bit of everything"
    ]
    assert communities.names(np.full(2, -1, np.int32), nothing, ["A", "B"]) == []


def test_of_many_users_some_are_drawn_and_the_others_follow(monkeypatch) -> None:
    rng = np.random.default_rng(2)
    group = rng.choice(3, 900, p=[0.2, 0.5, 0.3])
    similar = np.stack([rng.choice(np.flatnonzero(group == g), 40, False) for g in group])
    similar[group[similar[:, 0]] != group] = -1
    similarity = np.full(similar.shape, 0.5, np.float32)
    similar[7], similarity[7] = -1, 0  # nobody is like this one
    monkeypatch.setattr(communities, "DRAWN", 300)
    found = communities.find(similar.astype(np.int32), similarity, seed=1)
    assert np.array_equal(found, communities.find(similar.astype(np.int32), similarity, seed=1))
    by_size = np.array([2, 0, 1])[group]  # numbered by the size of all, not of those drawn
    assert (found == by_size).sum() == 899
    assert found[7] == -1
