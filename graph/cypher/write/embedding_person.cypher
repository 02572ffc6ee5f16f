// Embeddings of a batch of Person nodes.
UNWIND $rows AS row
MATCH (n:Person {id: row.id})
CALL db.create.setNodeVectorProperty(n, 'embedding', row.embedding)
