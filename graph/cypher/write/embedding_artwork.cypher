// Embeddings of a batch of Artwork nodes.
UNWIND $rows AS row
MATCH (n:Artwork {id: row.id})
CALL db.create.setNodeVectorProperty(n, 'embedding', row.embedding)
