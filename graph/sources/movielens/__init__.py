"""MovieLens as GroupLens ships it, read into columns before anything touches Neo4j."""

from graph.sources.movielens.dataset import MovieLens, Ratings, read
from graph.sources.movielens.into_graph import catalogue, ratings
from graph.sources.movielens.layouts import NOTICE

__all__ = ["NOTICE", "MovieLens", "Ratings", "catalogue", "ratings", "read"]
