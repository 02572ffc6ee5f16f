// Embeddings of a batch of Tag nodes.
UNWIND $rows AS row
MATCH (n:Tag {id: row.id})
CALL db.create.setNodeVectorProperty(n, 'embedding', row.embedding)
