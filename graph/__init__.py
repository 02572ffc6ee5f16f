"""The knowledge graph: schema, Neo4j store, importers, queries, views; the event log; the snapshot
and its scorer. Imports neither torch nor grpc."""
