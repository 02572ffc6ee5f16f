// Embeddings of a batch of User nodes.
UNWIND $rows AS row
MATCH (n:User {id: row.id})
CALL db.create.setNodeVectorProperty(n, 'embedding', row.embedding)
