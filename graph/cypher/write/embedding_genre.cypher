// Embeddings of a batch of Genre nodes.
UNWIND $rows AS row
MATCH (n:Genre {id: row.id})
CALL db.create.setNodeVectorProperty(n, 'embedding', row.embedding)
