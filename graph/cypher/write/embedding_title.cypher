// Embeddings of a batch of Title nodes.
UNWIND $rows AS row
MATCH (n:Title {id: row.id})
CALL db.create.setNodeVectorProperty(n, 'embedding', row.embedding)
